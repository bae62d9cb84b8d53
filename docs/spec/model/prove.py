#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Safety of Simplex-L and of its epoch switch, for any number of validators, views, blocks and epochs (z3).

usage: prove.py [--only PREFIX] [--show NAME]      (--show prints the counter-model of that question)

Q quorums; L what one honest validator keeps by itself, restart and rejoin included; C the chain of one epoch;
E the switch to the next epoch (R14); R why a validator that lost its record may speak again (R12).
How a line is to be read is in harness.py; README.md maps the names to the rules.
"""
import argparse

import prove_chain
import prove_epochs
from harness import Books

if __name__ == "__main__":
    options = argparse.ArgumentParser(description="machine-checked safety of the consensus protocol")
    options.add_argument("--only", help="only questions whose name starts so")
    options.add_argument("--show", help="print the counter-model of this question")
    chosen = options.parse_args()
    books = Books(chosen.only, chosen.show)
    prove_chain.run(books)
    prove_epochs.run(books)
    books.close()
