"""`aspectra benchmark`: systems x tasks x sets x seeds x shots under one protocol; `merge` and `release`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aspectra.cli.help import Whole


class Default(Whole):
    """Makes `aspectra benchmark CONFIG` mean `aspectra benchmark run CONFIG`; the help shows the options of `run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        formatter.write_usage(ctx.command_path, "[CONFIG] [OPTIONS] | merge DIR... [OPTIONS] | release DIR [OPTIONS]")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.commands["run"].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


app = typer.Typer(cls=Default, add_completion=False, rich_markup_mode=None)


@app.callback(epilog="Example: aspectra benchmark configs/smoke.yaml --workers 2    (the same as: benchmark run ...)")
def benchmark() -> None:
    """Compare students, LLMs and prediction files: every system on every set, in one table and one report."""


@app.command(epilog="Example: aspectra benchmark configs/smoke.yaml --workers 2 --out runs/smoke")
def run(
    config: Annotated[
        str, typer.Argument(metavar="[CONFIG]", help="YAML file, or name of a config that comes with Aspectra.")
    ] = "smoke",
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for everything. [the config's `out`]")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes; each has one student.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print results.json.")] = False,
) -> None:
    """Do the missing runs, then write results.json, report.md and report.html."""
    from aspectra.benchmark.protocol import benchmark as work
    from aspectra.places import config_file
    from aspectra.recipes import ReaderConfig, RunConfig
    from aspectra.settings import load
    from aspectra.systems import BenchmarkConfig

    run = "aspectra run"
    settings = load(BenchmarkConfig, config_file(config), changes or [], others={RunConfig: run, ReaderConfig: run})
    folder = out or Path(settings.out)
    tell(work(settings, folder, workers), folder, json, "fix the cause, then run the same command again")


@app.command(epilog="Example: aspectra benchmark merge runs/gpu runs/laptop --out runs/all")
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders that `aspectra benchmark` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the merged runs, the table and the report.")],
    json: Annotated[bool, typer.Option("--json", help="Print results.json.")] = False,
) -> None:
    """Merge the runs of several machines into one table; runs of another protocol version are refused."""
    from aspectra.benchmark.protocol import merge as work

    tell(work(folders, out), out, json, "run the benchmark there again, then merge")


@app.command(epilog="Example: aspectra benchmark release runs/mine --system base --out mine-predictions")
def release(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `aspectra benchmark` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the predictions, the config that reads them, and a card.")],
    system: Annotated[list[str] | None, typer.Option(help="System to release; may be repeated. [all of them]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Make a folder of predictions to pass on, with digests instead of the sets' sentences.

    Anyone who has the sets can score the predictions again, and compare with them without training.
    """
    from aspectra.benchmark.release import release as work
    from aspectra.cli.output import write
    from aspectra.progress import counted

    made = work(folder, out, system or ())
    if json:
        write(made)
        return
    told = f"{counted(made['predictions'], 'prediction')} of {', '.join(made['systems'])}"
    print(f"{out}: {told}; with digests instead of the sentences")


def tell(results: dict[str, Any], folder: Path, json: bool, hint: str) -> None:
    """Print the table and the report's path; exit code 1 if a cell is missing."""
    from aspectra.cli.output import table, write
    from aspectra.errors import AspectraError
    from aspectra.progress import counted, say
    from aspectra.report.differences import verdict

    if json:
        write(results)
    else:
        rows = [row for row in results["table"] if (row["scoring"], row["subset"]) == ("strict", "all")]
        columns = ("system", "set", "shots", "seeds", "F1", "sd", "95 % interval", "s / 1000")
        table(columns, [told(row) for row in rows], "strict F1 in percent, all sentences")
        pairs = [pair for pair in results["comparisons"] if (pair["scoring"], pair["subset"]) == ("strict", "all")]
        for pair in (pair for pair in pairs if pair["verdict"] == "shown" or alike(pair)):
            where = f"{pair['task']} {pair['data']}" + (f", {pair['shots']} shots" if pair["shots"] else "")
            points = f"{100 * pair['difference']:+.2f}, {verdict(pair)}"
            runs = f"{pair['agree']} of {counted(len(pair['by_seed']), 'run')}"
            print(f"{where}: {pair['one']} minus {pair['other']} {points} (same sign in {runs})")
        if pairs and not any(pair["verdict"] == "shown" for pair in pairs):
            few = sum(pair["verdict"] == "descriptive" for pair in pairs)
            why = f"; fewer than five runs in {few} of {counted(len(pairs), 'comparison')}" if few else ""
            print(f"no difference between systems is shown{why}")
    say(f"report: {folder / 'report.html'}, {folder / 'report.md'}; figures: {folder / 'results.json'}")
    if results["missing"]:
        first = results["missing"][0]
        raise AspectraError(
            f"not done: {counted(len(results['missing']), 'run')}, first {first['cell']}: {first['reason']}; {hint}"
        )


def alike(pair: dict[str, Any]) -> bool:
    """Whether a comparison of few runs differs over sentences: the output says so, and calls it descriptive."""
    return bool(pair["verdict"] == "descriptive" and pair["differs"])


def told(row: dict[str, Any]) -> list[Any]:
    """A row of the table for display."""
    from aspectra.cli.output import percent
    from aspectra.score.results import learned

    f1, seconds = row["f1"], row["seconds_per_1000"]
    return [
        row["system"],
        f"{row['task']}/{row['data']}",
        "all" if row["shots"] is None and learned(row["kind"], row.get("stated", False)) else row["shots"],
        len(row["seeds"]) or None,
        percent(f1["mean"]),
        percent(f1["sd"]),
        f"{100 * f1['low']:.1f} to {100 * f1['high']:.1f}",
        None if seconds is None else f"{seconds:.1f}",
    ]
