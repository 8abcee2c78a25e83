"""Starts the Rasa server: `rasa run --enable-api` with the token taken from the environment, not from the
command line, where every user of the machine could read it. Run with the Rasa environment's Python:

    THANTHIEN_RASA_TOKEN=… python -m nlu.rasa.serve MODEL.tar.gz PORT
"""

import os
import sys

from rasa.__main__ import main

if __name__ == "__main__":
    model, port = sys.argv[1:]
    sys.argv = [
        "rasa", "run", "--enable-api", "--model", model, "--interface", "127.0.0.1", "--port", port,
        "--auth-token", os.environ["THANTHIEN_RASA_TOKEN"],
    ]  # fmt: skip
    main()
