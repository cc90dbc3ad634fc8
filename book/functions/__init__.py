"""Which of PyTorch's functions each cell uses, found by reading the code with PyTorch at hand.

`values` are what an expression can stand for, `library` asks the installed packages, `calls`,
`expressions` and `reader` walk through the cells, `addresses` knows where a name is documented.
"""
