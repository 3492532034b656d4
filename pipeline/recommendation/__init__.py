"""From what was heard to a product, silence or a referral: rules, then candidates, then the model, then checks."""
