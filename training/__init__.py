"""How the shipped stance judge was trained: labelled passages in, tracker/stance/model/ out."""
