"""What a Flex Template's launcher runs in the image: `tamis curate` with the template's parameters."""

import sys

from pipelines.template import main

if __name__ == "__main__":
    sys.exit(main())
