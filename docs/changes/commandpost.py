# Tells commandpost when a playbook begins and what it changed. Ansible finds it in `callback_plugins/` beside the playbook
# or in a directory of `callback_plugins` in ansible.cfg; callbacks_enabled = commandpost switches it on.
#
#   COMMANDPOST_CHANGES_URL    https://post.example/hooks/ansible
#   COMMANDPOST_CHANGES_TOKEN  the hook's token
#
# A run never fails because of it: what cannot be told is said as a warning.
import getpass
import json
import os
import time
import urllib.request
import uuid

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: commandpost
type: notification
short_description: tells commandpost what a playbook changed
description: Posts the begin of a playbook and, at its end, how many hosts it changed.
requirements: [the environment variable COMMANDPOST_CHANGES_URL]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "commandpost"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self.url = os.environ.get("COMMANDPOST_CHANGES_URL", "")
        self.run = {"run": str(uuid.uuid4()), "began": time.time(), "by": getpass.getuser()}

    def v2_playbook_on_start(self, playbook):
        from ansible import context

        self.run["playbook"] = playbook._file_name
        self.run["check"] = bool(context.CLIARGS.get("check"))
        self.tell({"status": "started", "stats": {}})

    def v2_playbook_on_stats(self, stats):
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        self.tell({"status": "finished", "ended": time.time(), "stats": hosts})

    def tell(self, more):
        if not self.url:
            return
        body = json.dumps({**self.run, **more}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        token = os.environ.get("COMMANDPOST_CHANGES_TOKEN")
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except OSError as error:
            self._display.warning(f"commandpost was not told of this run: {error}")
