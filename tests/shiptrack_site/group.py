"""A small process group, run as `python group.py name=program ...`; a name that starts with `once` may end."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from shiptrack_site.process_group import ProcessGroup, Program

group = ProcessGroup()
group.listen()
for argument in sys.argv[1:]:
    name, _, code = argument.partition("=")
    group.start(Program(name, (sys.executable, "-c", code), may_end=name.startswith("once")))
exit_code = group.wait(lambda: None)
group.stop(within=2)
group.say("stopped")
sys.exit(exit_code)
