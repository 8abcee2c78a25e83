"""Starts the Rasa server: `rasa run --enable-api` with the token taken from the environment, not from the
command line, where every user of the machine could read it. Run with the Rasa environment's Python:

    THANTHIEN_RASA_TOKEN=… python -m nlu.rasa.serve MODEL.tar.gz PORT

It listens on this machine only; THANTHIEN_RASA_HOST names another address, for a container in a network of its own.
"""

import os
import sys

from rasa.__main__ import main

if __name__ == "__main__":
    model, port = sys.argv[1:]
    host = os.environ.get("THANTHIEN_RASA_HOST", "127.0.0.1")
    sys.argv = [
        "rasa", "run", "--enable-api", "--model", model, "--interface", host, "--port", port,
        "--auth-token=" + os.environ["THANTHIEN_RASA_TOKEN"],  # joined: a token may begin with a dash
    ]  # fmt: skip
    main()
