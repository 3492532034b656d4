-- `desvio_dc` was written in steps of a 16-bit sample, 32,768 times what it is said to be. It is not written any more:
-- rows that have it, closed days' too, are read as desvio_dc / 32768 (views.sql).

ALTER TABLE bruto.segmentos ADD COLUMN desvio_dc_fracao REAL;  -- of full scale
