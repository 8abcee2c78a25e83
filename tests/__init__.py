import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the search index is small: threads would wait for one another
