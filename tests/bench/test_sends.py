"""The proof of the run in which relays and senders are killed: it says what does not hold."""

from collections import Counter

from bench.sends.counting import Proof


def test_what_does_not_hold_is_said() -> None:
    states = Counter(sent=7, unknown=1, failed=1)
    proof = Proof(messages=9, states=states, lost=1, doubled=2, from_nowhere=1, undecided=1, decisions=9)
    assert proof.faults(10) == [
        "9 messages, 10 were due",
        "1 were sent and never arrived",
        "2 arrived twice",
        "1 arrived without a row that may have sent them",
        "1 pieces of news have no decision",
        "9 decisions on 10 messages",
        "1 doubtful ones are not listed",
        "left over: {'failed': 1}",
    ]
    assert Proof(messages=9, states=Counter(sent=9), decisions=9).faults(9) == []
