"""`make rotate-…`: replaces a secret while everything goes on. Old and new count side by side, until a command ends that.

Each rotation checks before it changes anything that the present value works, and afterwards that the new one does.
"""
