"""What several pages share: the session, its jobs, controls and notices."""
