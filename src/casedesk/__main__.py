"""python -m casedesk"""

import multiprocessing
import sys

from casedesk.cli import main

if __name__ == "__main__":  # a process that works beside the window reads this file too
    multiprocessing.freeze_support()
    sys.exit(main())
