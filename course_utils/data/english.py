"""Built-in tagged English for lessons 04 and 05: sentences that a grammar makes, with Penn tags, entities and chunks.

The tags are those of the Penn Treebank (Marcus, Santorini and Marcinkiewicz 1993), the entities PERSON, ORG and GPE
(countries and cities); the chunks follow from the tags, see `chunks`. There are two genres: *news* reports in the
past tense and quotes people, *talk* asks, answers and contracts. Some words are held back from training: their share
is the one knob of difficulty.
"""

import random
from collections.abc import Callable, Iterable, Sequence

from course_utils.data import _english_words as lexicon
from course_utils.data._checks import checked_whole
from course_utils.data.corpora import TaggedSentences, TaggedSplits
from course_utils.errors import DataError

__all__ = ["GENRES", "chunks", "held_out_words", "make_corpus", "make_sentences"]

Token = tuple[str, str, str]  # word, Penn tag, entity
Tokens = list[Token]
GENRES = ("news", "talk")
NEW_SHARE = 0.4  # about one test word in eight is then new; in newspapers it is about one in twelve
SHARE_HELD_OUT = {"validation": 0.1, "test": 0.25}  # of the words of each list, but for the two most frequent
LEAST_WORDS, MOST_WORDS = 4, 28

# The tags of the words of phrases, as `chunks` takes them.
NOUNS = frozenset("NN NNS NNP NNPS".split())
ADJECTIVES = frozenset("JJ JJR JJS".split())
OPENERS = frozenset("DT PDT POS".split())  # begin a noun phrase even right behind another one
NOUN_PHRASE = NOUNS | ADJECTIVES | OPENERS | {"PRP$", "CD"}
WHOLE_NOUN_PHRASES = frozenset("PRP EX WP".split())  # a noun phrase in one word: she, there, who

# The closed classes, as the rules below take them.
THE, COMMA = ("the", "DT", "O"), (",", ",", "O")
AUXILIARIES = {  # by the number of the subject; "first" is I
    "is": {"singular": "is/VBZ", "plural": "are/VBP", "first": "am/VBP"},
    "was": {"singular": "was/VBD", "plural": "were/VBD", "first": "was/VBD"},
    "has": {"singular": "has/VBZ", "plural": "have/VBP", "first": "have/VBP"},
    "does": {"singular": "does/VBZ", "plural": "do/VBP", "first": "do/VBP"},
    "short is": {"singular": "'s/VBZ", "plural": "'re/VBP", "first": "'m/VBP"},
    "short has": {"singular": "'s/VBZ", "plural": "'ve/VBP", "first": "'ve/VBP"},
}
PRONOUNS = {"he": "singular", "she": "singular", "they": "plural", "we": "plural", "I": "first", "you": "plural"}
MODALS = ("will/MD", "will/MD", "can/MD", "could/MD", "may/MD", "might/MD", "must/MD", "should/MD", "would/MD")
TENSES = {"past": 42, "perfect": 9, "past perfect": 8, "modal": 13, "progressive": 8, "present": 8, "negated": 6,
          "infinitive": 8}
INNER_ADVERBS = ("never/RB", "finally/RB", "often/RB", "just/RB", "also/RB", "really/RB", "probably/RB")
WISHES = ("want", "try", "hope", "need", "plan", "refuse", "promise", "expect", "like")
WISHES_OF_THINGS = ("seem", "begin", "start", "appear")
POSSESSIVES = ("his/PRP$", "her/PRP$", "their/PRP$", "my/PRP$", "your/PRP$", "our/PRP$")  # the last three in talk only
SINGULAR_DETERMINERS = ("this", "that", "every", "another", "such", "each")
PLURAL_DETERMINERS = ("some/DT", "many/JJ", "these/DT", "those/DT", "several/JJ", "both/DT", "all/PDT the/DT", "few/JJ",
                      "most/JJS")
MASS_DETERMINERS = ("some/DT", "the/DT", "this/DT", "that/DT", "all/PDT the/DT")
SMALL_NUMBERS = tuple("two three four five six seven eight nine ten twelve twenty fifty".split())
LARGE_NUMBERS = tuple("11 14 15 16 25 30 40 60 100 120 150 200 300 500".split())
AMOUNTS = tuple("1 2 2.5 3 4 5 7.5 10 12 18 20 40 75 100".split())
PERCENTAGES = tuple("1.5 2 3 4.2 5 6 8 11 12.5 20".split())
NEAR_TIMES = {  # what a verb in this time can have beside it
    "past": ("yesterday/NN", "today/NN", "last/JJ week/NN", "this/DT morning/NN", "last/JJ night/NN", "last/JJ year/NN",
             "at/IN noon/NN", "before/IN noon/NN", "later/RB", "early/RB today/NN"),
    "perfect": ("today/NN", "this/DT week/NN", "this/DT year/NN", "recently/RB", "twice/RB this/DT year/NN"),
    "present": ("today/NN", "this/DT week/NN", "every/DT day/NN", "at/IN noon/NN", "every/DT morning/NN", "now/RB"),
    "future": ("today/NN", "next/JJ week/NN", "this/DT week/NN", "next/JJ year/NN", "at/IN noon/NN",
               "before/IN noon/NN", "later/RB"),
}
PLURAL_NAMES = frozenset("Industries Securities Brothers Systems Motors Airlines".split())
SPORTS = next(scene for scene in lexicon.SCENES if "stadium" in scene.places)
GOODS = [(scene, group) for scene in lexicon.SCENES for group in scene.groups if {"buy", "sell"} & {*group.acts}]


def make_corpus(train: int = 2000, validation: int = 300, test: int = 500, *, genre: str = "news",
                new_share: float = NEW_SHARE, seed: int = 0) -> TaggedSplits:
    """Make training, validation and test sentences of one genre. Introduced in lesson 04.

    No two parts share a sentence.

    Parameters
    ----------
    train, validation, test : int
        Numbers of sentences.
    genre : str
        ``"news"`` or ``"talk"``.
    new_share : float
        How often validation and test sentences take a noun, verb, adjective or name from the words that no training
        sentence uses, from 0 to 1. Each of the two has such words of its own.
    seed : int
        The same seed gives the same sentences; another one also holds back other words.

    Returns
    -------
    TaggedSplits
        With words, tags, entities and chunks.

    Raises
    ------
    DataError
        If a number, the genre or the share cannot be used.
    """
    held_out = held_out_words(seed)
    taken: set[tuple[str, ...]] = set()
    parts = {
        part: make_sentences(number, genre=genre, part=part, new_share=0.0 if part == "train" else new_share,
                             seed=seed, avoid=taken)
        for part, number in (("train", train), ("validation", validation), ("test", test))
    }
    note = f"{len(held_out['validation'] | held_out['test']):,} words of the lexicon are held back from training."
    return TaggedSplits(name="built-in", notes=(note,), source=f"Built-in tagged English, genre {genre}", **parts)


def make_sentences(number: int, *, genre: str = "news", part: str = "train", new_share: float = NEW_SHARE,
                   seed: int = 0, avoid: set[tuple[str, ...]] | None = None) -> TaggedSentences:
    """Make tagged sentences of one genre. Introduced in lesson 04.

    Parameters
    ----------
    number : int
        How many, from 1 up. They differ from each other.
    genre : str
        ``"news"`` or ``"talk"``.
    part : str
        ``"train"``, ``"validation"`` or ``"test"``: training never uses a word that is held back, and the other two
        never use one that is held back for the other.
    new_share : float
        How often a word comes from those held back for this part, where there is one, from 0 to 1.
    seed : int
        Decides the sentences and, the same for each part and genre, which words are held back.
    avoid : set of tuple of str, optional
        Sentences in lower case that must not be made again; the new ones are added to it.

    Raises
    ------
    DataError
        If an argument cannot be used.
    """
    if genre not in GENRES:
        raise DataError(f"There is no genre {genre!r}.", f"take one of {', '.join(GENRES)}.")
    if part not in ("train", *SHARE_HELD_OUT):
        raise DataError(f"There is no part {part!r}.", "take train, validation or test.")
    number = checked_whole(number, "The number of sentences")
    if not 0 <= new_share <= 1:
        raise DataError(f"The share of new words is {new_share!r}.", "give a number from 0 to 1.")
    taken = set() if avoid is None else avoid
    writer = _Writer(random.Random(f"{seed} {genre} {part}"), held_out_words(seed), part, new_share)
    made: list[Tokens] = []
    tries = 0
    while len(made) < number:
        tries += 1
        if tries > 50 * number + 1000:
            raise DataError(f"The grammar has no {number} different sentences.", "ask for fewer.")
        sentence = writer.sentence(genre)
        key = tuple(word.lower() for word, _, _ in sentence)
        first = key[key[0] == "``"]  # newspapers spell out a number that begins a sentence, or write another one
        if LEAST_WORDS <= len(sentence) <= MOST_WORDS and first[0].isalpha() and key not in taken:
            taken.add(key)
            made.append(sentence)
    words, tags, entities = (
        tuple(tuple(token[column] for token in sentence) for sentence in made) for column in range(3)
    )
    return TaggedSentences(words, tags, entities, tuple(map(chunks, tags)))


def chunks(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the flat phrases of a sentence by a rule that looks at its tags alone. Introduced in lesson 05.

    An approximation of the chunks of CoNLL-2000 (Tjong Kim Sang and Buchholz 2000): noun phrases (NP), verb phrases
    (VP), prepositions (PP) and adjectives that stand for themselves (ADJP). CoNLL-2000 took its chunks from parse
    trees; it has rarer kinds, too, and longer chunks where the parse joins what the tags do not.

    Parameters
    ----------
    tags : sequence of str
        Penn tags of one sentence.

    Returns
    -------
    tuple of str
        For each tag ``"B-NP"`` where such a phrase begins, ``"I-NP"`` inside it, so with the other kinds, or ``"O"``.

    Examples
    --------
    >>> chunks(["DT", "NN", "MD", "VB", "IN", "NNP", "."])
    ('B-NP', 'I-NP', 'B-VP', 'I-VP', 'B-PP', 'B-NP', 'O')
    """
    def noun_follows(place: int) -> bool:
        return next((tag for tag in tags[place:] if tag not in ADJECTIVES), "") in NOUNS | {"CD"}

    labels: list[str] = []
    for place, tag in enumerate(tags):
        kind_before = labels[-1][2:] if labels else ""  # empty behind O
        tag_before = tags[place - 1] if place else ""
        in_noun_phrase = kind_before == "NP" and tag_before not in WHOLE_NOUN_PHRASES
        if tag in WHOLE_NOUN_PHRASES:
            kind, begins = "NP", True
        elif tag in ADJECTIVES and not noun_follows(place) and (not in_noun_phrase or tag_before in NOUNS):
            # It is slower, it made the boats slower; but the poor are a noun phrase.
            kind, begins = "ADJP", kind_before != "ADJP"
        elif tag in NOUN_PHRASE:
            # All the boats are one phrase, although both its first words can begin one.
            kind, begins = "NP", not in_noun_phrase or tag in OPENERS and tag_before != "PDT"
        elif tag in ("MD", "TO") or tag.startswith("VB") or tag == "RB" and kind_before == "VP":
            kind, begins = "VP", kind_before != "VP"
        elif tag == "IN":
            kind, begins = "PP", True
        else:
            labels.append("O")
            continue
        labels.append(f"{'B' if begins else 'I'}-{kind}")
    return tuple(labels)


def held_out_words(seed: int = 0) -> dict[str, frozenset[str]]:
    """Return the dictionary forms that training never uses, for validation and for the test. Introduced in lesson 04.

    Parameters
    ----------
    seed : int
        Another seed holds back other words. The two most frequent words of each list are never held back, nor those
        that the rules of the grammar name.
    """
    lists = list(_word_lists())
    kept = {word for words in lists for word in words[:2]} | lexicon.ALWAYS_KNOWN
    words = sorted({word for one in lists for word in one} - kept)
    random.Random(f"{seed} held out").shuffle(words)
    end = round(SHARE_HELD_OUT["validation"] * len(words))
    return {
        "validation": frozenset(words[:end]),
        "test": frozenset(words[end:end + round(SHARE_HELD_OUT["test"] * len(words))]),
    }


def _word_lists() -> Iterable[tuple[str, ...]]:
    """All lists of words of the open classes."""
    for scene in lexicon.SCENES:
        yield from (scene.people, scene.places, scene.does)
        for group in scene.groups:
            yield from (tuple(thing.rstrip("~") for thing in group.things), group.acts, group.qualities, group.happens,
                        lexicon.gradable(group.qualities), lexicon.active(group.acts))
    yield from (
        lexicon.QUALITIES_OF_PEOPLE, lexicon.FAMILY, lexicon.ACTORS_OF_NEWS, lexicon.FEELINGS, lexicon.OPINIONS,
        lexicon.ADVERBS_OF_MANNER, lexicon.MOVES, lexicon.TALKS, lexicon.FIRST_NAMES, lexicon.LAST_NAMES,
        lexicon.CITIES, lexicon.COUNTRIES, lexicon.TEAMS, tuple(lexicon.EVENTS),
    )


def _tokens(text: str) -> Tokens:
    """Return the tokens of a text such as ``"there/EX were/VBD"``."""
    return [(*item.rsplit("/", 1), "O") for item in text.split()]


def _noun(word: str, number: str = "singular") -> Token:
    """Return the noun in a number; the mark of those without plural goes."""
    bare = word.rstrip("~")
    return (lexicon.plural(bare), "NNS", "O") if number == "plural" else (bare, "NN", "O")


def _verb(verb: str, tag: str) -> Token:
    """Return the form of the verb that has the tag."""
    forms = {"VBD": lexicon.past, "VBN": lexicon.participle, "VBG": lexicon.gerund, "VBZ": lexicon.third_person}
    return (forms[tag](verb) if tag in forms else verb, tag, "O")


def _present_tag(number: str) -> str:
    return "VBZ" if number == "singular" else "VBP"


def _time(verbs: Tokens) -> str:
    """Return the time that verbs speak of, a key of NEAR_TIMES."""
    tags = [tag for _, tag, _ in verbs]
    if tags[0] == "VBD":
        return "past"
    if tags[0] == "MD" or "TO" in tags:  # will swim, hopes to swim
        return "future"
    return "perfect" if tags[-1] == "VBN" else "present"


def _without_comma(tokens: Tokens) -> Tokens:
    """Return the phrase without the comma that ends an apposition."""
    return tokens[:-1] if tokens and tokens[-1] == COMMA else tokens


def _capitalized(tokens: Tokens) -> Tokens:
    """Return the sentence with a capital letter at its first word."""
    first = int(tokens[0][0] == "``")
    word, tag, entity = tokens[first]
    return [*tokens[:first], (word[0].upper() + word[1:], tag, entity), *tokens[first + 1:]]


def _with_article(tokens: Tokens) -> Tokens:
    """Put a or an before a noun phrase in the singular."""
    word = tokens[0][0].lower()
    vowel = word[0] in "aeiou" and not word.startswith(("uni", "use", "eu")) or word.startswith(("honest", "hour"))
    return [("an" if vowel else "a", "DT", "O"), *tokens]


class _Writer:
    """Writes one sentence after the other; its methods are the rules of the grammar.

    A noun phrase is returned with its number, ``"singular"`` or ``"plural"``, for the verb to agree with.
    """

    def __init__(self, generator: random.Random, held_out: dict[str, frozenset[str]], part: str, new_share: float):
        self.random = generator
        self.new_share = new_share
        self.new = held_out.get(part, frozenset())
        self.hidden = frozenset().union(*held_out.values())
        self.choices: dict[tuple[str, ...], tuple] = {}
        self.scene = lexicon.SCENES[0]
        self.group = self.scene.groups[0]
        self.said: set[str] = set()  # words of the sentence so far: people avoid saying one twice
        self.time = "past"  # of the last verb, a key of NEAR_TIMES: "in 1992" fits the past, "next week" does not

    def sentence(self, genre: str) -> Tokens:
        """A whole sentence of a genre, in a scene of its own."""
        self.scene = self.random.choice(lexicon.SCENES)
        self.group = self.random.choice(self.scene.groups)
        self.said, self.time = set(), "past"
        rules = NEWS if genre == "news" else TALK
        rule = self.random.choices([rule for rule, _ in rules], [weight for _, weight in rules])[0]
        return _capitalized(rule(self))

    # Choices.

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one_of(self, *options: str) -> Tokens:
        """One of some texts with tags."""
        return _tokens(self.random.choice(options) if len(options) > 1 else options[0])

    def maybe(self, share: float, *options: str) -> Tokens:
        """One of some texts with tags, or nothing."""
        return self.one_of(*options) if self.chance(share) else []

    def pick(self, words: tuple[str, ...]) -> str:
        """A word of a list that the sentence has not yet, if there is one."""
        for _ in range(4):
            word = self.drawn(words)
            if word not in self.said:
                break
        self.said.add(word)
        return word

    def drawn(self, words: tuple[str, ...]) -> str:
        """A word of a list: a new one by the writer's share, else a known one, the first ones most often."""
        if words not in self.choices:
            bare = [word.rstrip("~") for word in words]
            known = [word for word, plain in zip(words, bare) if plain not in self.hidden]
            new = [word for word, plain in zip(words, bare) if plain in self.new]
            self.choices[words] = (known, [1 / (rank + 3) for rank in range(len(known))], new)
        known, weights, new = self.choices[words]
        if new and self.chance(self.new_share):
            return self.random.choice(new)
        return self.random.choices(known, weights)[0]

    # Names.

    def person_name(self, titled: bool = True) -> Tokens:
        """A first name, a last name or both, or a last name behind a title."""
        first, last = self.pick(lexicon.FIRST_NAMES), self.pick(lexicon.LAST_NAMES)
        form = self.random.random()
        if form < 0.35:
            return [(first, "NNP", "PERSON"), (last, "NNP", "PERSON")]
        if form < 0.6 and titled:
            return [(self.random.choice(lexicon.TITLES), "NNP", "O"), (last, "NNP", "PERSON")]
        return [(first if form < 0.8 else last, "NNP", "PERSON")]

    def first_name(self) -> Tokens:
        return [(self.pick(lexicon.FIRST_NAMES), "NNP", "PERSON")]

    def organization(self) -> Tokens:
        """The name of a firm, made of a family's or a city's."""
        pattern = self.random.choice(lexicon.ORGANIZATIONS)
        name = pattern.format(last=self.pick(lexicon.LAST_NAMES), city=self.pick(lexicon.CITIES)).split()
        return [(word, "CC" if word == "&" else "NNPS" if word in PLURAL_NAMES else "NNP", "ORG") for word in name]

    def team(self) -> Tokens:
        return [THE, (self.pick(lexicon.CITIES), "NNP", "ORG"), (self.pick(lexicon.TEAMS), "NNPS", "ORG")]

    def city(self) -> Tokens:
        return [(self.pick(lexicon.CITIES), "NNP", "GPE")]

    def region(self) -> Tokens:
        """A city or a country."""
        return self.city() if self.chance(0.6) else [(self.pick(lexicon.COUNTRIES), "NNP", "GPE")]

    # Numbers and times.

    def number(self) -> Tokens:
        return [(self.random.choice(SMALL_NUMBERS if self.chance(0.65) else LARGE_NUMBERS), "CD", "O")]

    def price(self, millions: bool = True) -> Tokens:
        """Dollars, or millions of them."""
        amount = self.random.choice(AMOUNTS)
        million = self.maybe(0.6, "million/CD")
        cents = "0" if "." in amount and not million else ""  # $ 7.50, but $ 7.5 million
        return [("$", "$", "O"), (amount + cents, "CD", "O"), *(million if millions else [])]

    def when(self) -> Tokens:
        """A time that fits the last verb."""
        day, month = self.random.choice(lexicon.DAYS), self.random.choice(lexicon.MONTHS)
        form = self.random.randrange(8)
        if form == 0 or form in (5, 6) and self.time != "past" or self.time == "perfect":
            return self.one_of(*NEAR_TIMES[self.time])
        if form < 3:
            return [*self.maybe(0.5, "on/IN"), (day, "NNP", "O")]
        if form < 5:
            return [("in", "IN", "O"), (month, "NNP", "O")]
        if form == 5:
            number = (self.random.choice(SMALL_NUMBERS), "CD", "O")
            return [number, *self.one_of("years/NNS", "days/NNS", "weeks/NNS", "months/NNS"), ("ago", "RB", "O")]
        if form == 6:
            return [("in", "IN", "O"), (str(self.random.randint(1978, 2012)), "CD", "O")]
        return [("on", "IN", "O"), (month, "NNP", "O"), (str(self.random.randint(1, 28)), "CD", "O")]

    def where(self) -> Tokens:
        """In a country, near the harbor, on the beach."""
        if self.chance(0.3):
            return [("in", "IN", "O"), *self.region()]
        preposition = self.random.choice(("in", "at", "near", "behind", "outside", "in", "at"))
        place = self.place()
        if preposition in ("in", "at", "outside"):
            preposition = lexicon.PREPOSITIONS.get(place[-1][0], preposition)
        return [(preposition, "IN", "O"), *place]

    def place(self) -> Tokens:
        quality = self.maybe(0.2, "old/JJ", "new/JJ", "nearby/JJ", "main/JJ", "local/JJ", "small/JJ")
        return [THE, *quality, _noun(self.pick(self.scene.places))]

    def setting(self) -> Tokens:
        """Where or when something happened, or both, or neither."""
        form = self.random.random()
        where = self.where() if form < 0.3 or 0.55 <= form < 0.7 else []
        return [*where, *(self.when() if 0.3 <= form < 0.7 else [])]

    # Noun phrases.

    def adjective(self, words: tuple[str, ...]) -> Tokens:
        """Heavy, very heavy."""
        word = self.pick(words)
        if word in lexicon.gradable(words) and self.chance(0.07):
            return [(self.pick(lexicon.ADVERBS_OF_DEGREE), "RB", "O"), (word, "JJ", "O")]
        return [(word, "JJ", "O")]

    def determined(self, tokens: Tokens, number: str, mass: bool = False, talk: bool = False) -> Tokens:
        """Put a determiner before a noun phrase."""
        form = self.random.random()
        if form < (0.2 if talk else 0.08):
            return [*self.one_of(*(POSSESSIVES if talk else POSSESSIVES[:3])), *tokens]
        if form < 0.26 and not mass:
            owner = self.first_name() if self.chance(0.3) else self.person_name()[-1:] if self.chance(0.3) else []
            return [*owner, ("'s", "POS", "O"), *tokens] if owner else [THE, *tokens]
        if form < 0.6:
            return [THE, *tokens]
        if mass:
            return [*self.one_of(*MASS_DETERMINERS), *tokens] if form < 0.85 else tokens
        if number == "plural":
            if form < 0.75:
                return tokens
            return [*(self.number() if form < 0.86 else self.one_of(*PLURAL_DETERMINERS)), *tokens]
        word = "a" if form < 0.88 else self.random.choice(SINGULAR_DETERMINERS)
        if word in ("a", "such"):  # such an old boat, but not such a very old boat
            return [*_tokens("such/PDT" if word == "such" and tokens[0][1] != "RB" else ""), *_with_article(tokens)]
        return [(word, "DT", "O"), *tokens]

    def people(self, number: str | None = None, talk: bool = False, named: bool = True) -> tuple[Tokens, str]:
        """Persons of the scene, or in talk of the family too; now and then with a name."""
        number = number or ("plural" if self.chance(0.3) else "singular")
        word = self.pick(lexicon.FAMILY if talk and self.chance(0.4) else self.scene.people)
        tokens = [_noun(word, number)]
        if not talk and self.chance(0.1):
            tokens = [*self.city(), *tokens]
        if self.chance(0.3):
            tokens = [*self.adjective(lexicon.QUALITIES_OF_PEOPLE), *tokens]
        if number == "singular" and named and not talk and self.chance(0.06):  # coach Bill Smith, Judge Bill Smith
            title = (word.capitalize(), "NNP", "O") if word in lexicon.RANKS else _noun(word)
            return [title, *self.person_name(titled=False)], number
        return self.determined(tokens, number, talk=talk), number

    def person(self, talk: bool = False) -> tuple[Tokens, str]:
        """Who acts: a name, people, now and then with an apposition or in a pair."""
        form = self.random.random()
        if form < 0.28:
            name = self.person_name()
            if not talk and name[0][2] == "PERSON" and self.chance(0.4):
                return [*name, COMMA, *self.apposition(), COMMA], "singular"
            return name, "singular"
        if form < 0.34:
            first, second = self.people("singular", talk)[0], self.people("singular", talk)[0]
            return [*first, ("and", "CC", "O"), *second], "plural"
        if form < 0.40 and not talk:
            return self.organization(), "singular"
        tokens, number = self.people(talk=talk)
        if not talk and self.chance(0.12):
            tokens = [*tokens, ("from", "IN", "O"), *self.region()]
        return tokens, number

    def apposition(self) -> Tokens:
        """What stands behind a name: the pilot; a young pilot from Rome."""
        if self.chance(0.5):
            tokens = [THE, _noun(self.pick(self.scene.people))]
        else:
            quality = self.adjective(lexicon.QUALITIES_OF_PEOPLE)
            tokens = _with_article([*quality, _noun(self.pick(self.scene.people))])
        return [*tokens, ("from", "IN", "O"), *self.region()] if self.chance(0.58) else tokens

    def pronoun(self) -> tuple[Tokens, str]:
        word = self.random.choice(("he", "she", "they", "we", "I", "you", "he", "she"))
        return [(word, "PRP", "O")], PRONOUNS[word]

    def thing(self, talk: bool = False) -> tuple[Tokens, str]:
        """A thing of the group, with what may stand around its noun."""
        word = self.pick(self.group.things)
        mass = word.endswith("~")
        number = "plural" if not mass and self.chance(0.35) else "singular"
        tokens = [_noun(word, number)]
        if self.chance(0.12):
            tokens = [_noun(self.pick(self.scene.places[:2])), *tokens]
        if self.chance(0.38):
            tokens = [*self.adjective(self.group.qualities), *tokens]
        elif self.group.happens and self.chance(0.07):
            tokens = [*self.participle_before(), *tokens]
        elif self.chance(0.07):
            return [THE, *self.degree("superlative"), *tokens], number
        return self.determined(tokens, number, mass, talk), number

    def participle_before(self) -> Tokens:
        """The sinking ship, the painted ship; nothing where no verb of the group fits."""
        happening, done = (
            [verb for verb in verbs if verb not in self.said and (verb not in self.hidden or verb in self.new)]
            for verbs in lexicon.before_nouns(self.group)
        )
        tag, verbs = ("VBG", happening) if self.chance(0.5) or not done else ("VBN", done)
        if not verbs:
            return []
        self.said.add(verb := self.random.choice(verbs))
        return [_verb(verb, tag)]

    def degree(self, kind: str) -> Tokens:
        """Heavier or more careful; heaviest or most careful."""
        adjective = self.pick(lexicon.gradable(self.group.qualities))
        short = getattr(lexicon, kind)(adjective)
        if short:
            return [(short, "JJR" if kind == "comparative" else "JJS", "O")]
        return [*_tokens("more/RBR" if kind == "comparative" else "most/RBS"), (adjective, "JJ", "O")]

    # Verbs.

    def finite(self, verb: str, number: str, tense: str, alive: bool = True) -> Tokens:
        """The verb in a tense, as it agrees with its subject; what is not alive wishes nothing."""
        state = verb in lexicon.STATES
        adverb = self.maybe(0.1, *INNER_ADVERBS)
        helpers, tag = [], "VB"
        if tense == "past":
            tag = "VBD"
        elif tense == "present" or tense == "progressive" and state:
            tag = _present_tag(number)
        elif tense in ("perfect", "past perfect"):
            helpers, tag = _tokens(AUXILIARIES["has"][number] if tense == "perfect" else "had/VBD"), "VBN"
        elif tense == "progressive":
            helpers, tag = _tokens(AUXILIARIES["is" if self.chance(0.4) else "was"][number]), "VBG"
        elif tense == "modal":
            helpers = self.one_of(*MODALS)
        elif tense == "negated":
            helpers = self.one_of("did/VBD n't/RB", "did/VBD not/RB", "did/VBD n't/RB" if state else "can/MD not/RB",
                                  "would/MD n't/RB", f"{AUXILIARIES['does'][number]} n't/RB")
        else:  # "infinitive"
            wish = self.random.choice(WISHES if alive else WISHES_OF_THINGS)
            helpers = [_verb(wish, "VBD" if self.chance(0.6) else _present_tag(number)), ("to", "TO", "O")]
        if tense in ("negated", "infinitive"):
            adverb = []
        self.time = _time([*helpers, _verb(verb, tag)])
        return [*helpers, *adverb, _verb(verb, tag)]

    def tense(self) -> str:
        return self.random.choices(tuple(TENSES), tuple(TENSES.values()))[0]

    def act(self, number: str, tense: str, talk: bool = False) -> Tokens:
        """A verb with its object; now and then with a particle: picked the net up, picked up the net."""
        if not self.chance(0.1):
            return [*self.finite(self.pick(self.group.acts), number, tense), *self.thing(talk)[0]]
        verb, particle = self.random.choice(lexicon.PARTICLE_VERBS)
        thing = self.thing(talk)[0]
        particle_last = self.chance(0.5)
        verb, particle = self.finite(verb, number, tense), (particle, "RP", "O")
        return [*verb, *thing, particle] if particle_last else [*verb, particle, *thing]

    def predicate(self, number: str, tense: str | None = None, talk: bool = False, firm: bool = False) -> Tokens:
        """What somebody does: to a thing, alone, or on the way to a place; a firm has no legs and no face."""
        tense, form = tense or self.tense(), self.random.random() * (0.66 if firm else 1)
        manner = [(self.pick(lexicon.ADVERBS_OF_MANNER), "RB", "O")] if self.chance(0.14) else []
        if form < 0.66:
            return [*self.act(number, tense, talk), *manner]
        if form < 0.85:
            return [*self.finite(self.pick(self.scene.does), number, tense), *manner]
        return [*self.finite(self.pick(lexicon.MOVES), number, tense), *manner, ("to", "TO", "O"), *self.place()]

    # Clauses, without their full stop.

    def clause(self, talk: bool = False) -> Tokens:
        """Subject, verb, and perhaps where or when."""
        subject, number = self.pronoun() if talk and self.chance(0.55) else self.person(talk)
        if self.group.happens and self.chance(0.15):
            subject, number = self.thing(talk)
            verb = self.finite(self.pick(self.group.happens), number, self.tense(), alive=False)
            return [*subject, *verb, *self.setting()]
        return [*subject, *self.predicate(number, talk=talk, firm=subject[0][2] == "ORG"), *self.setting()]

    def statement(self) -> Tokens:
        """A clause of any of the simple kinds."""
        rules = (self.clause, self.passive, self.reduced_relative, self.relative, self.existence)
        return _without_comma(self.random.choices(rules, (55, 18, 10, 10, 7))[0]())

    def passive(self) -> Tokens:
        """The boat was painted by the sailor."""
        subject, number = self.thing()
        was, is_, has = (AUXILIARIES[word][number] for word in ("was", "is", "has"))
        be = self.one_of(was, is_, f"{has} been/VBN", "will/MD be/VB", "must/MD be/VB", was)
        self.time = _time(be)
        agent = [("by", "IN", "O"), *_without_comma(self.person()[0])] if self.chance(0.5) else []
        return [*subject, *be, _verb(self.pick(self.group.acts), "VBN"), *agent, *self.setting()]

    def reduced_relative(self) -> Tokens:
        """The boats painted by the sailor sank: the first verb only looks like a past tense."""
        self.time = "past"
        subject, number = self.thing()
        verb = _verb(self.pick(self.group.acts), "VBN")
        if self.chance(0.6):
            middle = [("by", "IN", "O"), *self.people()[0]]
        else:
            middle = self.when() if self.chance(0.6) else self.where()
        return [*subject, verb, *middle, *self.outcome(number)]

    def outcome(self, number: str) -> Tokens:
        """What becomes of a thing that a relative clause stands behind."""
        if self.group.happens and self.chance(0.6):
            return self.finite(self.pick(self.group.happens), number, "past")
        return [*_tokens(AUXILIARIES["was"][number]), *self.adjective(self.group.qualities)]

    def relative(self) -> Tokens:
        """A subject with who, which or that."""
        if self.chance(0.5):
            subject, number = self.people(named=False)
            first, second = self.predicate(number, "past"), self.predicate(number, "past")
            return [*subject, ("who", "WP", "O"), *first, *second, *self.setting()]
        subject, number = self.thing()
        actor = self.people()[0]
        link = self.one_of("that/WDT", "which/WDT", "that/WDT")
        return [*subject, *link, *actor, _verb(self.pick(self.group.acts), "VBD"), *self.outcome(number)]

    def existence(self) -> Tokens:
        """There were two boats in the harbor."""
        number = "plural" if self.chance(0.5) else "singular"
        word = self.pick(self.group.things)
        if word.endswith("~"):
            number, many = "singular", _tokens("some/DT" if self.chance(0.5) else "no/DT")
        else:
            many = _tokens("no/DT") if self.chance(0.2) else self.number() if number == "plural" else []
        phrase = [*(self.adjective(self.group.qualities) if self.chance(0.5) else []), _noun(word, number)]
        phrase = [*many, *phrase] if many or number == "plural" else _with_article(phrase)
        be = self.one_of(AUXILIARIES["was"][number], AUXILIARIES["is"][number])
        return [("there", "EX", "O"), *be, *phrase, *self.where()]

    def event(self) -> Tokens:
        """A noun that could be a verb: the search for the boat ended Monday."""
        word = self.pick(tuple(lexicon.EVENTS))
        number = "plural" if self.chance(0.25) else "singular"
        preposition, kind = lexicon.EVENTS[word]
        target = self.place() if kind == "place" else self.people()[0] if kind == "person" else self.thing()[0]
        end = self.one_of(
            "ended/VBD", "began/VBD", "continued/VBD", "failed/VBD", "will/MD end/VB", "may/MD start/VB",
            "will/MD continue/VB", f"{AUXILIARIES['has'][number]} begun/VBN", "cost/VBD $/$ 2/CD million/CD",
            "costs/VBZ too/RB much/RB" if number == "singular" else "cost/VBP too/RB much/RB",
        )
        self.time = _time(end)
        head = [_noun(word, number), (preposition, "TO" if preposition == "to" else "IN", "O")]
        return [*self.determined([*head, *target], number), *end, *self.when()]

    def comparison(self) -> Tokens:
        """The boat is much heavier than the raft."""
        subject, number = self.thing()
        be = self.one_of(AUXILIARIES["was"][number], AUXILIARIES["is"][number])
        much = self.maybe(0.2, "much/RB")
        return [*subject, *be, *much, *self.degree("comparative"), ("than", "IN", "O"), *self.thing()[0]]

    def figures(self) -> Tokens:
        """Shares, prices and percent."""
        firm = self.organization()
        self.scene, self.group = self.random.choice(GOODS)
        self.said.add("ship")  # which ships ships
        percent = [(self.random.choice(PERCENTAGES), "CD", "O"), ("%", "NN", "O")]
        change = self.one_of("rose/VBD", "fell/VBD", "climbed/VBD", "dropped/VBD", "increased/VBD", "jumped/VBD")
        form = self.random.randrange(4)
        if form == 0:
            price = self.price(millions=False)
            return [*_tokens("shares/NNS of/IN"), *firm, *change, *percent, ("to", "TO", "O"), *price, *self.when()]
        if form == 1:
            goods = _noun(self.pick(self.group.things), "plural")
            trade = [*self.one_of("sold/VBD", "bought/VBD", "ordered/VBD"), *self.number(), goods, *self.where()]
            return [*firm, *trade, ("for", "IN", "O"), *self.price(), *self.when()]
        if form == 2:
            what = self.one_of("sales/NNS", "costs/NNS", "profits/NNS", "exports/NNS")
            by = self.one_of("to/TO", "by/IN")
            return [*firm, ("'s", "POS", "O"), *what, *change, *by, *self.price(), *self.when()]
        self.time = "future"
        trade = self.one_of("buys/VBZ", "sells/VBZ", "owns/VBZ", "ships/VBZ")
        goods = _noun(self.pick(self.group.things), "plural")
        wish = self.one_of("plans/VBZ", "hopes/VBZ", "needs/VBZ", "wants/VBZ", "expects/VBZ")
        deed = self.one_of("build/VB", "open/VB", "close/VB", "sell/VB", "visit/VB")
        number = self.number()
        sites = self.one_of("offices/NNS", "stores/NNS", "plants/NNS", "shops/NNS", "factories/NNS", "branches/NNS")
        wish = [*wish, ("to", "TO", "O"), *deed, *number, *sites]
        return [*firm, COMMA, ("which", "WDT", "O"), *trade, goods, COMMA, *wish, *self.setting()]

    def sport(self) -> Tokens:
        """The Boston Bears beat the Dallas Tigers."""
        self.scene = SPORTS
        verb = self.one_of("beat/VBD", "defeated/VBD", "lost/VBD to/TO", "will/MD face/VB", "have/VBP beaten/VBN",
                           "must/MD play/VB")
        self.time = _time(verb)
        return [*self.team(), *verb, *self.team(), *self.when(), *self.where()]

    def opinion(self) -> Tokens:
        """It seems odd that the captain sold the boat."""
        be = self.one_of("is/VBZ", "was/VBD", "seems/VBZ")
        opinion = (self.pick(lexicon.OPINIONS), "JJ", "O")
        return [("it", "PRP", "O"), *be, opinion, ("that", "IN", "O"), *self.statement()]

    def speaker(self) -> tuple[Tokens, str]:
        """Who says something to a newspaper."""
        if self.chance(0.5):
            return self.person_name(), "singular"
        number = "plural" if self.chance(0.35) else "singular"
        noun = [_noun(self.pick(lexicon.ACTORS_OF_NEWS), number)]
        return noun if number == "plural" else self.determined(noun, number), number

    def reported(self) -> Tokens:
        """Officials said that the captain sold the boat."""
        subject, number = self.speaker()
        verb = self.pick(lexicon.TALKS)
        verb = _verb(verb, "VBD" if self.chance(0.75) else _present_tag(number))
        return [*subject, verb, *self.maybe(0.65, "that/IN"), *self.statement()]

    def quoted(self) -> Tokens:
        speech = _capitalized(self.clause(talk=True))
        return [("``", "``", "O"), *speech, COMMA, ("''", "''", "O"), ("said", "VBD", "O"), *self.speaker()[0]]

    def joined(self) -> Tokens:
        """Two clauses, one of them for the time or the reason."""
        link = self.one_of("after/IN", "before/IN", "because/IN", "while/IN", "when/WRB", "although/IN", "until/IN",
                           "as/IN")
        link_first = self.chance(0.4)
        first, second = self.statement(), self.statement()
        return [*link, *first, COMMA, *second] if link_first else [*first, *link, *second]

    def coordinated(self) -> Tokens:
        """The captain towed the boat and rested."""
        subject, number = self.person()
        firm = subject[0][2] == "ORG"
        first = self.predicate(number, "past", firm=firm)
        link = self.one_of("and/CC", "but/CC")
        return [*subject, *first, *link, *self.predicate(number, "past", firm=firm), *self.setting()]

    def participial(self) -> Tokens:
        """Carrying a rope, the captain walked to the pier."""
        subject, number = self.people()
        verb, thing = _verb(self.pick(self.group.acts), "VBG"), self.thing()[0]
        return [verb, *thing, COMMA, *subject, *self.predicate(number, "past")]

    def gerund_subject(self) -> Tokens:
        """Repairing boats is hard work."""
        word = self.pick(self.group.things)
        thing = _noun(word, "singular" if word.endswith("~") else "plural")
        verb = _verb(self.pick(self.group.acts), "VBG")
        be = self.one_of("is/VBZ", "was/VBD")
        return [verb, thing, *be, *self.one_of(
            "hard/JJ work/NN", "not/RB easy/JJ", "a/DT good/JJ start/NN", "a/DT risk/NN", "his/PRP$ job/NN",
            "great/JJ fun/NN", "no/DT fun/NN", "part/NN of/IN the/DT plan/NN", "dangerous/JJ",
            "against/IN the/DT law/NN",
        )]

    def bracket(self) -> Tokens:
        """The captains (twelve in all) walked to the pier."""
        subject, number = self.people("plural")
        if subject[0][1] == "CD" or subject[0][0] == "both":
            subject = subject[1:]
        if self.chance(0.5):
            many = [*self.number(), *_tokens("in/IN all/DT")]
        else:
            many = self.one_of("20/CD %/NN of/IN the/DT total/NN", "12.5/CD %/NN of/IN the/DT total/NN")
        bracket = [("-LRB-", "-LRB-", "O"), *many, ("-RRB-", "-RRB-", "O")]
        return [*subject, *bracket, *self.predicate(number, "past"), *self.setting()]

    def so_that(self) -> Tokens:
        """The boat was so heavy that the captain sold it."""
        subject, number = self.thing()
        quality = [("so", "RB", "O"), (self.pick(lexicon.gradable(self.group.qualities)), "JJ", "O")]
        result = [*self.people()[0], *self.act("plural", "past")]
        return [*subject, *_tokens(AUXILIARIES["was"][number]), *quality, ("that", "IN", "O"), *result]

    # Talk.

    def contracted(self) -> Tokens:
        """Subject pronoun and a short form: she 's waiting, I 've seen it, we 'll go."""
        subject, number = self.pronoun()
        be, have = AUXILIARIES["short is"][number], AUXILIARIES["short has"][number]
        form = self.random.randrange(6)
        verb = self.pick(lexicon.active(self.group.acts))
        thing = self.thing(talk=True)[0]
        if form == 3:
            self.time = "present"
            how = self.maybe(0.6, "so/RB", "very/RB", "not/RB", "too/RB")
            feeling = (self.pick(lexicon.FEELINGS), "JJ", "O")
            return [*subject, *_tokens(be), *how, feeling, *(self.when() if self.chance(0.3) else [])]
        tag = {0: "VBG", 1: "VBN"}.get(form, "VB")
        if form == 0:
            helpers = _tokens(be)
        elif form == 1:
            helpers = [*_tokens(have), *self.maybe(0.5, "never/RB", "just/RB", "already/RB")]
        elif form == 2:
            helpers = self.one_of("'ll/MD", "'d/MD", "ca/MD n't/RB", "wo/MD n't/RB", "could/MD n't/RB")
        elif form == 4:
            helpers = _tokens(f"{be} going/VBG to/TO")
        else:
            helpers = _tokens(f"{AUXILIARIES['does'][number]} n't/RB")
        return [*subject, *helpers, _verb(verb, tag), *thing]

    def question(self) -> Tokens:
        """Did she sell the boat; whose boat is this; what is he painting."""
        subject, number = self.pronoun() if self.chance(0.7) else self.person(talk=True)
        verb, thing = self.pick(lexicon.active(self.group.acts)), self.thing(talk=True)[0]
        does, has, is_ = (_tokens(AUXILIARIES[word][number]) for word in ("does", "has", "is"))
        form = self.random.randrange(9)
        if form <= 1:  # Does she sell the boat; why did she sell the boat
            asked = self.one_of("where/WRB", "why/WRB", "when/WRB", "how/WRB") if form == 1 else []
            does = does if self.chance(0.4) else _tokens("did/VBD")
            return [*asked, *does, *subject, _verb(verb, "VB"), *thing]
        if form == 2:
            return [*self.one_of("who/WP", "who/WP else/RB"), _verb(verb, "VBD"), *thing, *self.setting()]
        if form == 3:
            return [*has, *subject, *self.maybe(0.5, "ever/RB", "already/RB"), _verb(verb, "VBN"), *thing]
        if form == 4:
            modal = self.one_of("can/MD", "could/MD", "will/MD", "may/MD", "should/MD", "would/MD")
            return [*modal, *subject, _verb(verb, "VB"), *thing]
        if form == 5:
            noun = _noun(self.pick(self.group.things))
            rest = self.one_of("is/VBZ this/DT", "is/VBZ that/DT", "did/VBD you/PRP find/VB")
            return [("whose", "WP$", "O"), noun, *rest]
        if form == 6:
            word = self.pick(self.group.things)
            many, kind = ("how/WRB much/JJ", "singular") if word.endswith("~") else ("how/WRB many/JJ", "plural")
            return [*_tokens(many), _noun(word, kind), ("did", "VBD", "O"), *subject, _verb(verb, "VB")]
        if form == 7:
            return [*is_, *subject, _verb(verb, "VBG"), *thing]
        self.time = "present"
        return [*self.one_of("what/WP", "which/WDT one/NN"), *is_, *subject, _verb(verb, "VBG"), *self.setting()]

    def command(self) -> Tokens:
        """Please sell the boat, Mary."""
        verb, thing = self.pick(lexicon.active(self.group.acts)), self.thing(talk=True)[0]
        start = self.maybe(0.7, "please/UH", "do/VB n't/RB", "let/VB 's/PRP", "go/VB and/CC", "never/RB")
        end = [COMMA, *self.first_name()] if self.chance(0.3) else self.maybe(0.3, "now/RB", "again/RB", "today/NN")
        return [*start, _verb(verb, "VB"), *thing, *end]

    def feeling(self) -> Tokens:
        """I saw her duck; tell her about …; my cousin likes to swim."""
        subject, number = self.pronoun() if self.chance(0.5) else self.people(talk=True)
        form = self.random.randrange(6)
        like = self.random.choice(("like", "love", "hate", "want", "need"))
        if form == 0:
            likes = self.finite(like, number, self.random.choice(("present", "past", "negated")))
            return [*subject, *likes, ("to", "TO", "O"), _verb(self.pick(self.scene.does), "VB"), *self.where()]
        if form == 1:
            saw = self.finite("see", number, "past")
            others = ("her/PRP", "him/PRP", "them/PRP", "us/PRP")  # but not: we saw us
            other = self.one_of(*(others[:3] if subject[0][0] in ("I", "we") else others))
            verb = _verb(self.pick(lexicon.active(self.group.acts)), "VB")
            return [*subject, *saw, *other, verb, *self.thing(talk=True)[0]]
        if form == 2:
            likes = self.finite(like, number, "present")
            other = self.one_of("her/PRP", "him/PRP", "it/PRP", "them/PRP", "that/DT")
            much = self.maybe(0.7, "a/DT lot/NN", "very/RB much/RB", "too/RB", "more/RBR than/IN you/PRP")
            return [*subject, *likes, *other, *much]
        if form == 3:
            verb = self.random.choice(("tell", "ask", "show", "bring"))
            other = self.one_of("her/PRP", "him/PRP", "them/PRP", "me/PRP")
            about = _tokens("about/IN" if verb in ("tell", "ask") else "")
            return [_verb(verb, "VB"), *other, *about, *self.thing(talk=True)[0]]
        if form == 4:
            verb = self.pick(lexicon.TALKS[:6])
            says = self.finite(verb, number, self.random.choice(("present", "past", "negated")))
            return [*subject, *says, *self.maybe(0.5, "that/IN"), *self.clause(talk=True)]
        other = [*self.adjective(lexicon.QUALITIES_OF_PEOPLE), _noun(self.pick(self.scene.people), number)]
        looks = self.finite("look", number, self.random.choice(("past", "present")))
        return [*subject, *looks, ("like", "IN", "O"), *(other if number == "plural" else _with_article(other))]

    def pointing(self) -> Tokens:
        """That 's the boat that I sold; this is my boat; her boat is newer than his."""
        word = self.pick(self.group.things)
        mass = word.endswith("~")
        number = "plural" if self.chance(0.3) and not mass else "singular"
        starts = ("this/DT is/VBZ", "that/DT 's/VBZ", "that/DT is/VBZ", "it/PRP 's/VBZ") if number == "singular" else \
                 ("these/DT are/VBP", "those/DT are/VBP")
        start = self.one_of(*starts)
        phrase = [*(self.adjective(self.group.qualities) if self.chance(0.4) else []), _noun(word, number)]
        form = self.random.randrange(3)
        if form == 0:
            link = self.maybe(0.6, "that/WDT")
            clause = [*link, *self.pronoun()[0], _verb(self.pick(self.group.acts), "VBD")]
            return [*start, THE, *phrase, *clause, *(self.when() if self.chance(0.4) else [])]
        if form == 1:
            return [*start, *self.one_of("my/PRP$", "your/PRP$", "her/PRP$", "their/PRP$", "our/PRP$"), *phrase]
        owner, other = self.random.choice((
            ("my/PRP$", "yours/PRP"), ("your/PRP$", "mine/PRP"), ("her/PRP$", "his/PRP"), ("his/PRP$", "hers/PRP"),
            ("that/DT", "this/DT" if mass else "this/DT one/NN"),
        ))
        be = self.one_of("is/VBZ", "was/VBD", "looks/VBZ")
        degree = self.degree("comparative")
        return [*_tokens(owner), _noun(word), *be, *degree, ("than", "IN", "O"), *_tokens(other)]

    def chat(self) -> Tokens:
        return self.clause(talk=True)


def _ended(rule: Callable, mark: str = ".", start: tuple[str, ...] = (), share: float = 0.0) -> Callable:
    """Return the rule with its last mark, and now and then a word that opens it."""

    def ended(writer: _Writer) -> Tokens:
        tokens = _without_comma(rule(writer))
        opening = [*writer.one_of(*start), COMMA] if writer.chance(share) else []
        return [*opening, *tokens, (mark, ".", "O")]

    return ended


OPENINGS = ("well/UH", "oh/UH", "yes/UH", "no/UH", "hello/UH", "okay/UH", "sure/UH", "hey/UH", "anyway/RB", "right/UH")
NEWS_OPENINGS = ("meanwhile/RB", "however/RB", "in/IN fact/NN", "still/RB", "of/IN course/NN", "for/IN example/NN",
                 "instead/RB", "as/IN a/DT result/NN", "in/IN addition/NN")
NEWS = [
    (_ended(rule, start=NEWS_OPENINGS, share=0.08), weight) for rule, weight in (
        (_Writer.clause, 20), (_Writer.passive, 11), (_Writer.reduced_relative, 8), (_Writer.relative, 7),
        (_Writer.existence, 4), (_Writer.event, 6), (_Writer.comparison, 3), (_Writer.figures, 7), (_Writer.sport, 2),
        (_Writer.opinion, 3), (_Writer.reported, 11), (_Writer.joined, 9), (_Writer.coordinated, 6),
        (_Writer.participial, 3), (_Writer.gerund_subject, 2), (_Writer.bracket, 1), (_Writer.so_that, 2),
    )
] + [(_ended(_Writer.quoted), 4)]
TALK = [
    (_ended(rule, mark, OPENINGS, 0.12), weight) for rule, mark, weight in (
        (_Writer.contracted, ".", 20), (_Writer.question, "?", 24), (_Writer.command, ".", 7),
        (_Writer.command, "!", 5), (_Writer.feeling, ".", 18), (_Writer.pointing, ".", 10), (_Writer.pointing, "!", 3),
        (_Writer.chat, ".", 13),
    )
]
