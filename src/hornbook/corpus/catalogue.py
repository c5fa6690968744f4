"""The named corpora: what each is, where it lies, under which licence, and the SHA-256 of the very bytes.

A hash stands here only where it is known to be that of the file at the address. Project Gutenberg makes its files anew
now and then, so theirs are not pinned: the hash of the first fetch is written down and checked from then on.
``known_copies`` are the hashes of copies that are going round and were looked at; one of them can be registered with
``hornbook corpus fetch NAME --from FILE`` without a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "messages"]


@dataclass(frozen=True)
class Archive:
    """A zip archive that a file has to be taken out of: the member's name, and the archive's own hash."""

    member: str
    sha256: str


@dataclass(frozen=True)
class RemoteFile:
    """One file of a corpus: its name in the cache, its address, its size in bytes (``None``: changes) and its hash.

    With an ``archive`` the address is the archive's, and size and hash are those of the file inside.
    """

    name: str
    url: str
    bytes: int | None = None
    sha256: str | None = None
    known_copies: tuple[str, ...] = ()
    archive: Archive | None = None


@dataclass(frozen=True)
class Entry:
    """A named corpus. ``bytes`` is what fetching all of it takes, ``about`` whether that is only roughly known."""

    name: str
    title: str
    licence: str
    files: tuple[RemoteFile, ...]
    bytes: int
    about: bool = False
    kind: Kind = "text"
    note: str = ""

    @property
    def pinned(self) -> Literal["all", "some", "none"]:
        """How many of its files have a hash that is known before the first fetch."""
        known = sum(file.sha256 is not None for file in self.files)
        return "all" if known == len(self.files) else "some" if known else "none"


PUBLIC_DOMAIN = "public domain (USA)"
GUTENBERG = "https://www.gutenberg.org/cache/epub"
# Both data sets are addressed by revision, not by branch: what a revision holds cannot change.
TINYSTORIES = (
    "https://huggingface.co/datasets/roneneldan/TinyStories/resolve/f54c09fd23315a6f9c86f9dc80f725de7d8f9c64/data"
)
OPENWEBTEXT = (
    "https://huggingface.co/datasets/Skylion007/openwebtext/resolve/79d93d786212f7344586290adb811d4ae6a1762c/plain_text"
)

THE_VERDICT = Entry(
    name="the_verdict",
    title="The Verdict, Edith Wharton (1908)",
    licence=PUBLIC_DOMAIN,
    bytes=20_479,
    files=(
        RemoteFile(
            "the_verdict.txt",
            "https://raw.githubusercontent.com/rasbt/LLMs-from-scratch/main/ch02/01_main-chapter-code/the-verdict.txt",
            known_copies=("b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f",),
        ),
    ),
    note="a short story of 20,479 characters, the example text of a book on language models",
)

MOBY_DICK = Entry(
    name="moby_dick",
    title="Moby Dick; or The Whale, Herman Melville (1851)",
    licence=PUBLIC_DOMAIN,
    bytes=1_253_484,
    about=True,
    files=(
        RemoteFile(
            "moby_dick.txt",
            f"{GUTENBERG}/2701/pg2701.txt",
            known_copies=("791c19d8334c35ced79968a3085db0d9c211b29aca6ceb66ec3a64b625352920",),
        ),
    ),
    note="Project Gutenberg no. 2701; the known copy is its edition of December 2017",
)

WONDERFUL_WIZARD_OF_OZ = Entry(
    name="wonderful_wizard_of_oz",
    title="The Wonderful Wizard of Oz, L. Frank Baum (1900)",
    licence=PUBLIC_DOMAIN,
    bytes=213_061,
    about=True,
    files=(
        RemoteFile(
            "wonderful_wizard_of_oz.txt",
            f"{GUTENBERG}/55/pg55.txt",
            known_copies=("733b2f8744a3eebc4e8c3c900cdf8a137d737e9a80985a4fe799532a32bcbe25",),
        ),
    ),
    note="Project Gutenberg no. 55; the known copy is another transcription, one sentence a line",
)

DOROTHY_AND_THE_WIZARD_IN_OZ = Entry(
    name="dorothy_and_the_wizard_in_oz",
    title="Dorothy and the Wizard in Oz, L. Frank Baum (1908)",
    licence=PUBLIC_DOMAIN,
    bytes=237_733,
    about=True,
    files=(
        RemoteFile(
            "dorothy_and_the_wizard_in_oz.txt",
            f"{GUTENBERG}/420/pg420.txt",
            known_copies=("563fc0f0faf22236b612e61ad5c49e09e15484cbaa4271625485c6bfd9991741",),
        ),
    ),
    note="Project Gutenberg no. 420; the known copy has lost the frame",
)

TINYSHAKESPEARE = Entry(
    name="tinyshakespeare",
    title="tinyshakespeare: 40,000 lines of Shakespeare's plays",
    licence=PUBLIC_DOMAIN,
    bytes=1_115_394,
    files=(
        RemoteFile(
            "tinyshakespeare.txt",
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
            bytes=1_115_394,
            sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
    ),
    note="65 characters; the usual split is the last 10 % for validation",
)

TINY_STORIES = Entry(
    name="tinystories",
    title="TinyStories (Eldan and Li, 2023): 2.1 million stories for children written by GPT-3.5 and GPT-4",
    licence="CDLA-Sharing-1.0",
    bytes=1_000_775_442,
    files=tuple(
        RemoteFile(name, f"{TINYSTORIES}/{name}", size, sha256)
        for name, size, sha256 in (
            (
                "train-00000-of-00004-2d5a1467fff1081b.parquet",
                248_731_111,
                "77cf780cebe52b6e83e3a2ac84bc56d8059363113e41d17a023f1d8b2ed0fc0b",
            ),
            (
                "train-00001-of-00004-5852b56a2bd28fd9.parquet",
                248_171_980,
                "e2f173a6dcc2b5895183e8ad376e115bd5c06764eb0cfc01ce1add156b2d017f",
            ),
            (
                "train-00002-of-00004-a26307300439e943.parquet",
                245_894_874,
                "cac73cd1a0973a7fccde022a5a5c78f8ba58ea6849541835c58e7c5fc747f2ef",
            ),
            (
                "train-00003-of-00004-d243063613e5a057.parquet",
                247_988_350,
                "862514ae75723ddd339337f1ef7617b88f82290dcddd57445e1d38d257ca7891",
            ),
            (
                "validation-00000-of-00001-869c898b519ad725.parquet",
                9_989_127,
                "33406a6206554cfc279c29c11f4df51528af487aa1a602b075566fc83c49dcab",
            ),
        )
    ),
    note="four shards of about 530,000 stories, then one of 21,990 for validation; a tenth is 211,972 documents",
)

OPEN_WEB_TEXT = Entry(
    name="openwebtext",
    title="OpenWebText (Gokaslan and Cohen, 2019): 8,013,769 web pages linked from Reddit",
    licence="CC0-1.0 (the packaging; each page has its own author)",
    bytes=24_200_000_000,
    about=True,
    files=tuple(
        RemoteFile(
            f"train-{shard:05d}-of-00080.parquet",
            f"{OPENWEBTEXT}/train-{shard:05d}-of-00080.parquet",
            bytes=302_848_326 if shard == 0 else None,
            sha256="caed9f4b7053d7cd4d1a13ce9ec9224d84a3bba1f11579193562a7e31ebe656e" if shard == 0 else None,
        )
        for shard in range(80)
    ),
    note="80 shards of about 100,000 pages and 300 MB; only the shards that are needed are fetched",
)

SMS_SPAM = Entry(
    name="sms_spam",
    title="SMS Spam Collection (Almeida, Gomez Hidalgo and Yamakami, 2011): 5,574 text messages, 747 of them spam",
    licence="CC-BY-4.0",
    bytes=203_415,
    about=True,
    kind="messages",
    files=(
        RemoteFile(
            "sms_spam_collection.tsv",
            "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",
            bytes=477_907,
            sha256="7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
            # The same with a line "Label, tab, SMS" above it.
            known_copies=("fae7ea7d915ef73903e5c2f46ffa2f4a39909a574e20fda4f2b81f7cb1e15e1f",),
            archive=Archive("SMSSpamCollection", "1587ea43e58e82b14ff1f5425c88e17f8496bfcdb67a583dbff9eefaf9963ce3"),
        ),
    ),
    note="one message a line, after its label and a tab",
)

CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        THE_VERDICT,
        MOBY_DICK,
        WONDERFUL_WIZARD_OF_OZ,
        DOROTHY_AND_THE_WIZARD_IN_OZ,
        TINYSHAKESPEARE,
        TINY_STORIES,
        OPEN_WEB_TEXT,
        SMS_SPAM,
    )
}
