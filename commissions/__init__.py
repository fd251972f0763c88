"""The commission engine: who is owed what for which sale, and the books that prove it.

The main job: ``partners`` promote; ``clicks`` records their touches; ``conversions`` takes a
paid order in and attributes it; ``accrual`` credits it when it completes; ``approval`` releases
it when its hold is over; ``clawbacks`` takes back what is returned; ``bonuses`` and ``closing``
end the month; ``payouts`` pays what is ready, by two people. Every sum is a transfer in
``ledger``. Nothing here knows HTTP; nothing here commits; time is always an argument.

The words: a *partner* promotes and is paid; their *sponsor* brought them in; a *touch* is a
visit that can earn a sale; a *conversion* is an attributed sale; a *commission* is one sum
earned or taken back; a *payout* pays one partner, a *batch* groups payouts. *Accrued* is on
hold, *payable* is ready, *in payout* is claimed.

Read in this order: ``money``, ``periods``, ``states``, ``values``; the decisions
``attribution``, ``repeats``, ``rules``, ``teams``, ``tiers``, ``refunds``; ``models``;
``ledger``; the verbs in the order of the job above; ``statements`` and ``exports``.
"""
