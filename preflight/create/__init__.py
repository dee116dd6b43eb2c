"""Making the calls of a checked plan, and following what they make to its end.

`Creation` does it; it tells what happens as events, and is safe to interrupt at any moment: what was asked of AWS is
written down before it is asked, and what exists can always be looked up.

A run never creates twice. Names are unique at AWS, so what matters is to know one's own: a resource that is already
there counts as the plan's own if it has the plan's name, exactly as spelled, if AWS describes it with everything that
the request gives (an endpoint: its configuration; a configuration or a model: every member), and if it has the
request's tags and no others of the user's. Nothing is added to a request to mark it.
"""

from preflight.create.creation import Creation, Ended
from preflight.create.events import Event
from preflight.create.pace import Pace, Patience

__all__ = ["Creation", "Ended", "Event", "Pace", "Patience"]
