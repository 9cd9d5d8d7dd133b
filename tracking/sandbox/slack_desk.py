"""Somebody at the pretend Slack: sees its rooms and presses buttons, which ShipTrack hears as Slack tells it."""

from collections.abc import Callable
from datetime import datetime

from tracking.sandbox.api_slack import SlackApi
from tracking.sandbox.slack_rooms import PRESS, ROOMS, rooms, whispers
from tracking.sandbox.wire import Answer, Delivery, Request, answer

Post = Callable[[Delivery], int]
HTML = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}


class SlackDesk:
    """`post` hands a request to ShipTrack and returns the status, 0 when nobody answered; None posts nothing."""

    def __init__(self) -> None:
        self.post: Post | None = None
        self._pressed: dict[tuple[str, str], str] = {}

    def show(self, slack: SlackApi) -> str:
        """Return the rooms as HTML."""
        return whispers(slack) + rooms(slack, self._pressed)

    def respond(self, request: Request, slack: SlackApi, now: datetime) -> Answer | None:
        """Answer the page's own calls: a look at the rooms, a press. None for all others."""
        if request.path == ROOMS and request.method == "GET":
            return Answer(200, self.show(slack).encode(), HTML)
        if request.path != PRESS or request.method != "POST":
            return None
        if request.header("sec-fetch-site") not in ("", "same-origin"):
            return answer(403, {"error": "Buttons are pressed on this page only"})
        return self._press(request.fields(), slack, now)

    def _press(self, told: dict[str, str], slack: SlackApi, now: datetime) -> Answer:
        key, action, person = (told.get("room", ""), told.get("ts", "")), told.get("press", ""), told.get("person", "")
        if person not in slack.people:
            return answer(422, {"error": "Nobody of that name is in this workspace"})
        try:
            press = slack.press(person, action, *key, now, told.get(f"choice-{action}", ""))
        except KeyError:
            return answer(409, {"error": "The message shows no such button any more"})
        self._pressed[key] = f"{slack.people[person]} pressed “{action.replace('_', ' ')}”; {self._hand_over(press)}"
        return Answer(303, b"", {"Location": f"/#m{key[1]}"})

    def _hand_over(self, press: Delivery) -> str:
        if self.post is None:
            return "this sandbox posts nothing to ShipTrack."
        status = self.post(press)
        return f"ShipTrack answered {status}." if status else "ShipTrack did not answer."
