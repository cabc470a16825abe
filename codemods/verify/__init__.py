"""The harness: how "zero behaviour change" is checked.

``golden`` runs golden cases and reports; ``equivalence`` says when two runs are equal and looks
for a world in which they are not; ``drive`` makes one run; ``world`` is what the program meets,
``trace`` what it left to be seen, ``timeline`` how a difference is shown; ``loop``, ``verdict``,
``threads`` and ``patches`` are the virtual time in which all of it happens.
"""
