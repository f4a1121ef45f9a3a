"""The workbook as a folder of static pages, where Python runs in the reader's browser."""
