"""The workbook as a folder of static pages, with Python running in the reader's browser."""
