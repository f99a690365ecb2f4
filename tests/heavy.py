"""What takes a process four seconds to import before it trains. Loaded once, by the server of `tests.forked`."""

import transformers
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer, Seq2SeqTrainer, Trainer

import aspectra.benchmark.cells
import aspectra.students.finetune
import aspectra.students.pretrain

__all__ = [
    "AutoModel",
    "AutoModelForCausalLM",
    "AutoModelForSeq2SeqLM",
    "AutoTokenizer",
    "Seq2SeqTrainer",
    "Trainer",
    "aspectra",
    "transformers",
]
