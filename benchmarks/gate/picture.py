"""The picture in the documents: the gate at work on the kit's counter sounds, 10 dB below the speech.

python -m benchmarks.gate.picture [--kit FOLDER] [--from SECONDS] [--to FILE.png]
"""

import argparse
from pathlib import Path

from benchmarks.gate.run import KIT, load_kit
from cli.gate_picture import draw
from configs.gate import GateSettings
from pipeline.gate.trace import trace

LENGTH_S = 42
BYTES_PER_SECOND = 32_000
TO = Path(__file__).parents[2] / "docs" / "images" / "gate.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kit", type=Path, default=KIT, help="folder of gate_eval.py (default: %(default)s)")
    parser.add_argument("--from", type=int, default=200, dest="first_s", metavar="SECONDS", help="%(default)s")
    parser.add_argument("--to", type=Path, default=TO, help="default: %(default)s")
    args = parser.parse_args()
    kit = load_kit(args.kit)
    pcm = kit.to_pcm(kit.build("pharmacy-10", kit.load_kit(), 11)[0].audio)
    cut = pcm[args.first_s * BYTES_PER_SECOND :][: LENGTH_S * BYTES_PER_SECOND]
    draw(cut, trace(cut, GateSettings()), "sons de balcão a 10 dB (cascade)", args.to)


if __name__ == "__main__":
    main()
