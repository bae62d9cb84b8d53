# SPDX-License-Identifier: Apache-2.0
"""tutorial.py PAGE FOLDER: writes the contract a page of the kit's documentation tells, as its reader would have it."""
import re
import sys
from pathlib import Path

page, folder = Path(sys.argv[1]).read_text(), Path(sys.argv[2])
swift = re.findall(r"^```swift\n(.*?)^```$", page, re.M | re.S)
story = re.findall(r"^```json\n(.*?)^```$", page, re.M | re.S)
if len(swift) < 2 or len(story) != 1:
    sys.exit("tutorial: the page has not the blocks it should have")
(folder / "Sources").mkdir(parents=True)
(folder / "Sources" / "Promises.swift").write_text("\n".join(swift))
(folder / "Tests" / "Scenarios").mkdir(parents=True)
(folder / "Tests" / "Scenarios" / "story.json").write_text(story[0])
