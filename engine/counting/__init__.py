"""Rows touched once: groups, exact counts at any threshold, mergeable tables of counts."""
