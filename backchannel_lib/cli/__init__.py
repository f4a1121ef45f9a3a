"""The commands behind `backchannel` and `python workbook.py`."""
