"""python -m casedesk"""

import multiprocessing
import sys

if __name__ == "__main__":  # a process that works beside the window reads this file too
    multiprocessing.freeze_support()
    try:
        from casedesk.cli import program
    except KeyboardInterrupt:  # while it was still being loaded
        sys.exit(1)
    sys.exit(program())
