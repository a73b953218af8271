"""The outbox: a request is accepted when its row is committed, and the worker takes the row to its end.

::

    accepted ──────────────────────► sent ──► mined ──► final
       │                              ▲         │
    countersigned ──► stored ─────────┘         └─────► refused
       (answered)       (bodies kept)

``countersigned`` and ``stored`` are for acts with bodies (issue, reverse). A mined act that a reorganisation takes out
of the chain goes back to ``sent``; a row refused before it was sent goes to ``refused`` directly.
"""
