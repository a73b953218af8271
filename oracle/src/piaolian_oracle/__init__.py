"""Piaolian oracle: carries the word of one payment source to the chain."""
