"""Who is who: agencies, systems and keys, folded in memory from identity's log.

directory   what is asked of it
following   how it is kept up to date
agencies    what is known of an agency, and what each event does to it
systems     likewise of a system and its keys
errors      what stops it
specification   what tests need: events, records, a directory of them
"""
