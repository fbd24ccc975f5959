break tally::Tally::of
continue
finish
kill
