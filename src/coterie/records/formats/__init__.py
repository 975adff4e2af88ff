"""The formats that tables come in, one module each: from bytes or rows to a `Table`."""
