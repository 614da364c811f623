module example.com/bugs

go 1.25.0
