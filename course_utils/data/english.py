"""Built-in tagged English for lessons 04 and 05: sentences that a grammar makes, with Penn tags and entities.

The tags are those of the Penn Treebank (Marcus, Santorini and Marcinkiewicz 1993), the entities PERSON, ORG and GPE
(countries and cities). There are two genres: *news* reports in the past tense and quotes people, *talk* asks,
answers and contracts. Some words are held back from training: their share is the one knob of difficulty.
"""

import random
from collections.abc import Callable, Iterable

from course_utils.data import _english_words as lexicon
from course_utils.data.corpora import TaggedSentences, TaggedSplits
from course_utils.errors import DataError

__all__ = ["GENRES", "held_out_words", "make_corpus", "make_sentences"]

Token = tuple[str, str, str]  # word, Penn tag, entity
Tokens = list[Token]
GENRES = ("news", "talk")
NEW_SHARE = 0.4  # about one test word in eight is then new; in newspapers it is about one in twelve
SHARE_HELD_OUT = {"validation": 0.1, "test": 0.25}  # of the words of each list, but for the two most frequent
LEAST_WORDS, MOST_WORDS = 4, 28
PLURAL_PRONOUNS = ("they", "we", "you")
SMALL_NUMBERS = tuple("two three four five six seven eight nine ten twelve twenty fifty".split())
NEAR_TIMES = {  # what a verb in this time can have beside it
    "past": ("yesterday/NN", "today/NN", "last/JJ week/NN", "this/DT morning/NN", "last/JJ night/NN", "last/JJ year/NN",
             "at/IN noon/NN", "before/IN noon/NN", "later/RB", "early/RB today/NN"),
    "perfect": ("today/NN", "this/DT week/NN", "this/DT year/NN", "recently/RB", "twice/RB this/DT year/NN"),
    "present": ("today/NN", "this/DT week/NN", "every/DT day/NN", "at/IN noon/NN", "every/DT morning/NN", "now/RB"),
    "future": ("today/NN", "next/JJ week/NN", "this/DT week/NN", "next/JJ year/NN", "at/IN noon/NN", "before/IN noon/NN",
               "later/RB"),
}


def make_corpus(train: int = 2000, validation: int = 300, test: int = 500, *, genre: str = "news",
                new_share: float = NEW_SHARE, seed: int = 0) -> TaggedSplits:
    """Make training, validation and test sentences of one genre; no two parts share a sentence. Introduced in lesson 04.

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
        With words, tags and entities.

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


def make_sentences(number: int, *, genre: str = "news", part: str = "train", new_share: float = NEW_SHARE, seed: int = 0,
                   avoid: set[tuple[str, ...]] | None = None) -> TaggedSentences:
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
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise DataError(f"{number!r} sentences cannot be made.", "give a whole number from 1 up.")
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
    return TaggedSentences(words, tags, entities)


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
        return _tokens(self.random.choice(options))

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
        pattern = self.random.choice(lexicon.ORGANIZATIONS)
        name = pattern.format(last=self.pick(lexicon.LAST_NAMES), city=self.pick(lexicon.CITIES))
        tags = {"&": "CC", "Industries": "NNPS", "Securities": "NNPS", "Brothers": "NNPS", "Systems": "NNPS", "Motors": "NNPS",
                "Airlines": "NNPS"}
        return [(word, tags.get(word, "NNP"), "ORG") for word in name.split()]

    def team(self) -> Tokens:
        return [("the", "DT", "O"), (self.pick(lexicon.CITIES), "NNP", "ORG"), (self.pick(lexicon.TEAMS), "NNPS", "ORG")]

    def region(self) -> Tokens:
        return [(self.pick(lexicon.CITIES if self.chance(0.6) else lexicon.COUNTRIES), "NNP", "GPE")]

    # Numbers and times.

    def number(self) -> Tokens:
        word = self.random.choice(SMALL_NUMBERS) if self.chance(0.65) else f"{self.random.choice([11, 14, 15, 16, 25, 30, 40, 60, 100, 120, 150, 200, 300, 500])}"
        return [(word, "CD", "O")]

    def money(self) -> Tokens:
        amount = self.random.choice(["1", "2", "2.5", "3", "4", "5", "7.5", "10", "12", "18", "20", "40", "75", "100"])
        if self.chance(0.6):
            return [("$", "$", "O"), (amount, "CD", "O"), ("million", "CD", "O")]
        return [("$", "$", "O"), (f"{amount}0" if "." in amount else amount, "CD", "O")]

    def year(self) -> Tokens:
        return [(str(self.random.randint(1978, 2012)), "CD", "O")]

    def when(self) -> Tokens:
        day, month = self.random.choice(lexicon.DAYS), self.random.choice(lexicon.MONTHS)
        form = self.random.randrange(8)
        if form == 0 or form in (5, 6) and self.time != "past" or self.time == "perfect":
            return self.one_of(*NEAR_TIMES[self.time])
        if form < 3:
            return [*(_tokens("on/IN") if self.chance(0.5) else []), (day, "NNP", "O")]
        if form < 5:
            return [("in", "IN", "O"), (month, "NNP", "O")]
        if form == 5:
            return [(self.random.choice(SMALL_NUMBERS), "CD", "O"),
                    *self.one_of("years/NNS", "days/NNS", "weeks/NNS", "months/NNS"), ("ago", "RB", "O")]
        if form == 6:
            return [("in", "IN", "O"), *self.year()]
        return [("on", "IN", "O"), (month, "NNP", "O"), (str(self.random.randint(1, 28)), "CD", "O")]

    def where(self) -> Tokens:
        if self.chance(0.3):
            return [("in", "IN", "O"), *self.region()]
        preposition = self.random.choice(("in", "at", "near", "behind", "outside", "in", "at"))
        place = self.place()
        usual = lexicon.PREPOSITIONS.get(place[-1][0], preposition) if preposition in ("in", "at", "outside") else preposition
        return [(usual, "IN", "O"), *place]

    def place(self) -> Tokens:
        article = [("the", "DT", "O")]
        if self.chance(0.2):
            article += self.one_of("old/JJ", "new/JJ", "nearby/JJ", "main/JJ", "local/JJ", "small/JJ")
        return [*article, (self.pick(self.scene.places), "NN", "O")]

    def setting(self) -> Tokens:
        """Where or when something happened, or neither."""
        form = self.random.random()
        return self.where() if form < 0.3 else self.when() if form < 0.55 else [*self.where(), *self.when()] if form < 0.7 else []

    # Noun phrases.

    def noun(self, word: str, number: str) -> Token:
        bare = word.rstrip("~")
        return (lexicon.plural(bare), "NNS", "O") if number == "plural" else (bare, "NN", "O")

    def adjective(self, words: tuple[str, ...]) -> Tokens:
        word = self.pick(words)
        degree = [(self.pick(lexicon.ADVERBS_OF_DEGREE[:1] + lexicon.ADVERBS_OF_DEGREE[3:]), "RB", "O")] if word in lexicon.gradable(words) and self.chance(0.07) else []
        return [*degree, (word, "JJ", "O")]

    def determined(self, tokens: Tokens, number: str, mass: bool = False, talk: bool = False) -> Tokens:
        """Put a determiner before a noun phrase."""
        form = self.random.random()
        if form < (0.2 if talk else 0.08):
            return [*self.one_of("his/PRP$", "her/PRP$", "their/PRP$", *(["my/PRP$", "your/PRP$", "our/PRP$"] if talk else [])), *tokens]
        if form < 0.26 and not mass:
            return [*self.first_name(), ("'s", "POS", "O"), *tokens] if self.chance(0.3) else \
                   [*self.person_name()[-1:], ("'s", "POS", "O"), *tokens] if self.chance(0.3) else [("the", "DT", "O"), *tokens]
        if form < 0.6:
            return [("the", "DT", "O"), *tokens]
        if mass:
            return [*self.one_of("some/DT", "the/DT", "this/DT", "that/DT", "all/PDT the/DT"), *tokens] if form < 0.85 else tokens
        if number == "plural":
            if form < 0.75:
                return tokens
            if form < 0.86:
                return [*self.number(), *tokens]
            return [*self.one_of("some/DT", "many/JJ", "these/DT", "those/DT", "several/JJ", "both/DT", "all/PDT the/DT",
                                 "few/JJ", "most/JJS"), *tokens]
        if form < 0.88:
            return _with_article(tokens)
        word = self.random.choice(("this", "that", "every", "another", "such", "each"))
        if word != "such":
            return [(word, "DT", "O"), *tokens]
        return [("such", "PDT", "O"), *_with_article(tokens)] if tokens[0][1] != "RB" else _with_article(tokens)

    def people(self, number: str | None = None, talk: bool = False, named: bool = True) -> tuple[Tokens, str]:
        """Persons of the scene, or in talk of the family too; now and then with a name."""
        number = number or ("plural" if self.chance(0.3) else "singular")
        words = lexicon.FAMILY if talk and self.chance(0.4) else self.scene.people
        tokens = [self.noun(self.pick(words), number)]
        if not talk and self.chance(0.1):
            tokens = [(self.pick(lexicon.CITIES), "NNP", "GPE"), *tokens]
        if self.chance(0.3):
            tokens = [*self.adjective(lexicon.QUALITIES_OF_PEOPLE), *tokens]
        if number == "singular" and named and not talk and self.chance(0.06):  # coach Bill Smith, Judge Bill Smith
            word = tokens[-1][0]
            title = (word.capitalize(), "NNP", "O") if word in lexicon.RANKS else (word, "NN", "O")
            return [title, *self.person_name(titled=False)], number
        return self.determined(tokens, number, talk=talk), number

    def person(self, talk: bool = False) -> tuple[Tokens, str]:
        """Who acts: a name, people, now and then with an apposition or in a pair."""
        form = self.random.random()
        if form < 0.28:
            name = self.person_name()
            if not talk and name[0][2] == "PERSON" and self.chance(0.4):
                apposition = [("the", "DT", "O"), (self.pick(self.scene.people), "NN", "O")] if self.chance(0.5) else \
                             _with_article([*self.adjective(lexicon.QUALITIES_OF_PEOPLE), (self.pick(self.scene.people), "NN", "O")])
                tail = [("from", "IN", "O"), *self.region()] if self.chance(0.58) else []
                return [*name, (",", ",", "O"), *apposition, *tail, (",", ",", "O")], "singular"
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

    def pronoun(self) -> tuple[Tokens, str]:
        word = self.random.choice(("he", "she", "they", "we", "i", "you", "he", "she"))
        number = "plural" if word in PLURAL_PRONOUNS else "first" if word == "i" else "singular"
        return [("I" if word == "i" else word, "PRP", "O")], number

    def thing(self, number: str | None = None, talk: bool = False) -> tuple[Tokens, str]:
        """A thing of the group, with what may stand around its noun."""
        word = self.pick(self.group.things)
        mass = word.endswith("~")
        number = "singular" if mass else number or ("plural" if self.chance(0.35) else "singular")
        tokens = [self.noun(word, number)]
        if self.chance(0.12):
            tokens = [(self.pick(self.scene.places[:2]), "NN", "O"), *tokens]
        if self.chance(0.38):
            tokens = [*self.adjective(self.group.qualities), *tokens]
        elif self.group.happens and self.chance(0.07):  # the sinking ship, the painted ship
            happening, done = ([verb for verb in verbs if verb not in self.said and (verb not in self.hidden or verb in self.new)]
                               for verbs in lexicon.before_nouns(self.group))
            form, tag, verbs = (lexicon.gerund, "VBG", happening) if self.chance(0.5) or not done else \
                               (lexicon.participle, "VBN", done)
            if verbs:
                self.said.add(verb := self.random.choice(verbs))
                tokens = [(form(verb), tag, "O"), *tokens]
        elif self.chance(0.07):
            tokens = [*self.degree("superlative"), *tokens]
            return [("the", "DT", "O"), *tokens], number
        return self.determined(tokens, number, mass, talk), number

    def degree(self, kind: str) -> Tokens:
        """Heavier or more careful; heaviest or most careful."""
        adjective = self.pick(lexicon.gradable(self.group.qualities))
        short = getattr(lexicon, kind)(adjective)
        tag = "JJR" if kind == "comparative" else "JJS"
        if short:
            return [(short, tag, "O")]
        return [("more", "RBR", "O") if kind == "comparative" else ("most", "RBS", "O"), (adjective, "JJ", "O")]

    # Verbs.

    def finite(self, verb: str, number: str, tense: str, alive: bool = True) -> Tokens:
        """The verb in a tense, as it agrees with its subject; what is not alive wishes nothing."""
        tense = "present" if tense == "progressive" and verb in lexicon.STATES else tense
        base, is_singular = (verb, "VB", "O"), number == "singular"
        self.time = {"past": "past", "past perfect": "past", "perfect": "perfect", "modal": "future"}.get(tense, "present")
        have = _tokens("has/VBZ" if is_singular else "have/VBP")
        be = _tokens("is/VBZ" if is_singular else "am/VBP" if number == "first" else "are/VBP")
        was = _tokens("were/VBD" if number == "plural" else "was/VBD")
        adverb = self.one_of("never/RB", "finally/RB", "often/RB", "just/RB", "also/RB", "really/RB", "probably/RB") if self.chance(0.1) else []
        if tense == "past":
            return [*adverb, (lexicon.past(verb), "VBD", "O")]
        if tense == "present":
            return [*adverb, (lexicon.third_person(verb), "VBZ", "O") if is_singular else (verb, "VBP", "O")]
        if tense == "perfect":
            return [*have, *adverb, (lexicon.participle(verb), "VBN", "O")]
        if tense == "past perfect":
            return [("had", "VBD", "O"), *adverb, (lexicon.participle(verb), "VBN", "O")]
        if tense == "progressive":
            be = be if self.chance(0.4) else was
            self.time = "past" if be is was else "present"
            return [*be, *adverb, (lexicon.gerund(verb), "VBG", "O")]
        if tense == "modal":
            return [*self.one_of("will/MD", "will/MD", "can/MD", "could/MD", "may/MD", "might/MD", "must/MD", "should/MD", "would/MD"), *adverb, base]
        if tense == "negated":
            no = self.one_of("did/VBD n't/RB", "did/VBD not/RB",
                             "did/VBD n't/RB" if verb in lexicon.STATES else "can/MD not/RB", "would/MD n't/RB",
                             "does/VBZ n't/RB" if is_singular else "do/VBP n't/RB")
            self.time = {"VBD": "past", "MD": "future"}.get(no[0][1], "present")
            return [*no, base]
        return [*self.wish(number, alive), ("to", "TO", "O"), base]  # "infinitive"

    def wish(self, number: str, alive: bool) -> Tokens:
        """Wanted, hopes; for a thing seemed, begins."""
        wishes = ("want", "try", "hope", "need", "plan", "refuse", "promise", "expect", "like")
        verb = self.random.choice(wishes if alive else ("seem", "begin", "start", "appear"))
        is_past = self.chance(0.6)
        self.time = "past" if is_past else "future"
        return [(lexicon.past(verb), "VBD", "O")] if is_past else \
               [(lexicon.third_person(verb), "VBZ", "O") if number == "singular" else (verb, "VBP", "O")]

    def tense(self) -> str:
        return self.random.choices(
            ("past", "perfect", "past perfect", "modal", "progressive", "present", "negated", "infinitive"),
            (42, 9, 8, 13, 8, 8, 6, 8),
        )[0]

    def act(self, number: str, tense: str, talk: bool = False) -> Tokens:
        """A verb with its object."""
        if self.chance(0.1):
            return self.act_with_particle(number, tense, talk)
        return [*self.finite(self.pick(self.group.acts), number, tense), *self.thing(talk=talk)[0]]

    def act_with_particle(self, number: str, tense: str, talk: bool) -> Tokens:
        verb, particle = self.random.choice(lexicon.PARTICLE_VERBS)
        thing = self.thing(talk=talk)[0]
        after = self.chance(0.5)
        return [*self.finite(verb, number, tense), *([] if after else [(particle, "RP", "O")]), *thing,
                *([(particle, "RP", "O")] if after else [])]

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
            subject, number = self.thing(talk=talk)
            return [*subject, *self.finite(self.pick(self.group.happens), number, self.tense(), alive=False), *self.setting()]
        return [*subject, *self.predicate(number, talk=talk, firm=subject[0][2] == "ORG"), *self.setting()]

    def statement(self) -> Tokens:
        """A clause of any of the simple kinds."""
        rule = self.random.choices((self.clause, self.passive, self.reduced_relative, self.relative, self.existence),
                                   (55, 18, 10, 10, 7))[0]
        tokens = rule()
        return tokens[:-1] if tokens[-1][0] == "," else tokens

    def passive(self) -> Tokens:
        subject, number = self.thing()
        plural = number == "plural"
        be = self.one_of(*(["were/VBD", "are/VBP", "have/VBP been/VBN"] if plural else ["was/VBD", "is/VBZ", "has/VBZ been/VBN"]),
                         "will/MD be/VB", "must/MD be/VB", "were/VBD" if plural else "was/VBD")
        self.time = {"VBD": "past", "MD": "future"}.get(be[0][1], "perfect" if be[-1][1] == "VBN" else "present")
        agent = [("by", "IN", "O"), *self.person()[0]] if self.chance(0.5) else []
        if agent and agent[-1][0] == ",":
            agent = agent[:-1]
        return [*subject, *be, (lexicon.participle(self.pick(self.group.acts)), "VBN", "O"), *agent, *self.setting()]

    def reduced_relative(self) -> Tokens:
        """The boats painted by the sailor sank: the first verb only looks like a past tense."""
        self.time = "past"
        subject, number = self.thing()
        verb = (lexicon.participle(self.pick(self.group.acts)), "VBN", "O")
        middle = [("by", "IN", "O"), *self.people()[0]] if self.chance(0.6) else self.when() if self.chance(0.6) else self.where()
        return [*subject, verb, *middle, *self.outcome(number)]

    def outcome(self, number: str) -> Tokens:
        """What becomes of a thing that a relative clause stands behind."""
        if self.group.happens and self.chance(0.6):
            return self.finite(self.pick(self.group.happens), number, "past")
        return [*_tokens("were/VBD" if number == "plural" else "was/VBD"), *self.adjective(self.group.qualities)]

    def relative(self) -> Tokens:
        """A subject with who, which or that."""
        if self.chance(0.5):
            subject, number = self.people(named=False)
            return [*subject, ("who", "WP", "O"), *self.predicate(number, "past"), *self.predicate(number, "past"), *self.setting()]
        subject, number = self.thing()
        actor = self.people()[0]
        link = self.one_of("that/WDT", "which/WDT", "that/WDT")
        return [*subject, *link, *actor, (lexicon.past(self.pick(self.group.acts)), "VBD", "O"), *self.outcome(number)]

    def existence(self) -> Tokens:
        number = "plural" if self.chance(0.5) else "singular"
        word = self.pick(self.group.things)
        if word.endswith("~"):
            number, noun = "singular", _tokens("some/DT" if self.chance(0.5) else "no/DT")
        else:
            noun = _tokens("no/DT") if self.chance(0.2) else self.number() if number == "plural" else []
        phrase = [*(self.adjective(self.group.qualities) if self.chance(0.5) else []), self.noun(word, number)]
        if number == "singular" and not noun:
            phrase = _with_article(phrase)
        return [*_tokens("there/EX"), *self.one_of(*(["were/VBD", "are/VBP"] if number == "plural" else ["was/VBD", "is/VBZ"])),
                *noun, *phrase, *self.where()]

    def event(self) -> Tokens:
        """A noun that could be a verb: the search for the boat ended Monday."""
        noun = self.pick(tuple(lexicon.EVENTS))
        plural = self.chance(0.25)
        preposition, kind = lexicon.EVENTS[noun]
        target = self.people()[0] if kind == "person" else self.place() if kind == "place" else self.thing()[0]
        end = self.one_of("ended/VBD", "began/VBD", "continued/VBD", "failed/VBD", "will/MD end/VB", "may/MD start/VB",
                          "will/MD continue/VB", "has/VBZ begun/VBN" if not plural else "have/VBP begun/VBN",
                          "cost/VBD $/$ 2/CD million/CD", "costs/VBZ too/RB much/RB" if not plural else "cost/VBP too/RB much/RB")
        self.time = {"VBD": "past", "MD": "future"}.get(end[0][1], "perfect" if end[-1][1] == "VBN" else "present")
        head = [(lexicon.plural(noun) if plural else noun, "NNS" if plural else "NN", "O"), (preposition, "TO" if preposition == "to" else "IN", "O")]
        return [*self.determined([*head, *target], "plural" if plural else "singular"), *end, *self.when()]

    def comparison(self) -> Tokens:
        subject, number = self.thing()
        be = self.one_of(*(["were/VBD", "are/VBP"] if number == "plural" else ["was/VBD", "is/VBZ"]))
        return [*subject, *be, *(_tokens("much/RB") if self.chance(0.2) else []),
                *self.degree("comparative"), ("than", "IN", "O"), *self.thing()[0]]

    def figures(self) -> Tokens:
        """Shares, prices and percent."""
        firm = self.organization()
        self.scene, self.group = self.random.choice(GOODS)
        self.said.add("ship")  # which ships ships
        percent = [(self.random.choice(("1.5", "2", "3", "4.2", "5", "6", "8", "11", "12.5", "20")), "CD", "O"), ("%", "NN", "O")]
        verb = self.one_of("rose/VBD", "fell/VBD", "climbed/VBD", "dropped/VBD", "increased/VBD", "jumped/VBD")
        form = self.random.randrange(4)
        if form == 0:
            return [*_tokens("shares/NNS of/IN"), *firm, *verb, *percent, *_tokens("to/TO"), *self.money()[:2], *self.when()]
        if form == 1:
            things = [self.noun(self.pick(self.group.things).rstrip("~"), "plural")]
            return [*firm, *self.one_of("sold/VBD", "bought/VBD", "ordered/VBD"), *self.number(), *things, *self.where(), ("for", "IN", "O"), *self.money(), *self.when()]
        if form == 2:
            return [*firm, ("'s", "POS", "O"), *self.one_of("sales/NNS", "costs/NNS", "profits/NNS", "exports/NNS"), *verb,
                    *self.one_of("to/TO", "by/IN"), *self.money(), *self.when()]
        self.time = "future"
        return [*firm, (",", ",", "O"), ("which", "WDT", "O"), *self.one_of("buys/VBZ", "sells/VBZ", "owns/VBZ", "ships/VBZ"),
                self.noun(self.pick(self.group.things).rstrip("~"), "plural"), (",", ",", "O"),
                *self.one_of("plans/VBZ", "hopes/VBZ", "needs/VBZ", "wants/VBZ", "expects/VBZ"), ("to", "TO", "O"),
                *self.one_of("build/VB", "open/VB", "close/VB", "sell/VB", "visit/VB"), *self.number(),
                *self.one_of("offices/NNS", "stores/NNS", "plants/NNS", "shops/NNS", "factories/NNS", "branches/NNS"),
                *self.setting()]

    def sport(self) -> Tokens:
        self.scene = SPORTS
        verb = self.one_of("beat/VBD", "defeated/VBD", "lost/VBD to/TO", "will/MD face/VB", "have/VBP beaten/VBN", "must/MD play/VB")
        self.time = {"VBD": "past", "MD": "future"}.get(verb[0][1], "perfect")
        return [*self.team(), *verb, *self.team(), *self.when(), *self.where()]

    def opinion(self) -> Tokens:
        return [*_tokens("it/PRP"), *self.one_of("is/VBZ", "was/VBD", "seems/VBZ"), (self.pick(lexicon.OPINIONS), "JJ", "O"),
                ("that", "IN", "O"), *self.statement()]

    def speaker(self) -> tuple[Tokens, str]:
        if self.chance(0.5):
            return self.person_name(), "singular"
        plural = self.chance(0.35)
        noun = self.noun(self.pick(lexicon.ACTORS_OF_NEWS), "plural" if plural else "singular")
        return ([noun], "plural") if plural else (self.determined([noun], "singular"), "singular")

    def reported(self) -> Tokens:
        """Officials said that the captain sold the boat."""
        subject, number = self.speaker()
        verb = self.pick(lexicon.TALKS)
        form = (lexicon.past(verb), "VBD", "O") if self.chance(0.75) else \
               (lexicon.third_person(verb), "VBZ", "O") if number == "singular" else (verb, "VBP", "O")
        return [*subject, form, *(_tokens("that/IN") if self.chance(0.65) else []), *self.statement()]

    def quoted(self) -> Tokens:
        speech = _capitalized(self.clause(talk=True))
        return [("``", "``", "O"), *speech, (",", ",", "O"), ("''", "''", "O"), ("said", "VBD", "O"), *self.speaker()[0]]

    def joined(self) -> Tokens:
        """Two clauses, one of them for the time or the reason."""
        link = self.one_of("after/IN", "before/IN", "because/IN", "while/IN", "when/WRB", "although/IN", "until/IN", "as/IN")
        if self.chance(0.4):
            return [*link, *self.statement(), (",", ",", "O"), *self.statement()]
        return [*self.statement(), *link, *self.statement()]

    def coordinated(self) -> Tokens:
        subject, number = self.person()
        firm = subject[0][2] == "ORG"
        return [*subject, *self.predicate(number, "past", firm=firm), *self.one_of("and/CC", "but/CC"),
                *self.predicate(number, "past", firm=firm), *self.setting()]

    def participial(self) -> Tokens:
        """Carrying a rope, the captain walked to the pier."""
        subject, number = self.people()
        return [(lexicon.gerund(self.pick(self.group.acts)), "VBG", "O"), *self.thing()[0], (",", ",", "O"), *subject,
                *self.predicate(number, "past")]

    def gerund_subject(self) -> Tokens:
        things = [self.noun(word := self.pick(self.group.things), "singular" if word.endswith("~") else "plural")]
        return [(lexicon.gerund(self.pick(self.group.acts)), "VBG", "O"), *things, *self.one_of("is/VBZ", "was/VBD"),
                *self.one_of("hard/JJ work/NN", "not/RB easy/JJ", "a/DT good/JJ start/NN", "a/DT risk/NN", "his/PRP$ job/NN",
                             "great/JJ fun/NN", "no/DT fun/NN", "part/NN of/IN the/DT plan/NN", "dangerous/JJ", "against/IN the/DT law/NN")]

    def bracket(self) -> Tokens:
        subject, number = self.people("plural")
        subject = subject[1:] if subject[0][1] == "CD" or subject[0][0] == "both" else subject
        many = [*self.number(), *_tokens("in/IN all/DT")] if self.chance(0.5) else \
               self.one_of("20/CD %/NN of/IN the/DT total/NN", "12.5/CD %/NN of/IN the/DT total/NN")
        return [*subject, ("-LRB-", "-LRB-", "O"), *many, ("-RRB-", "-RRB-", "O"),
                *self.predicate(number, "past"), *self.setting()]

    def so_that(self) -> Tokens:
        subject, number = self.thing()
        be = _tokens("were/VBD" if number == "plural" else "was/VBD")
        return [*subject, *be, ("so", "RB", "O"), (self.pick(lexicon.gradable(self.group.qualities)), "JJ", "O"), ("that", "IN", "O"),
                *self.people()[0], *self.act("plural", "past")]

    # Talk.

    def contracted(self) -> Tokens:
        """Subject pronoun and a short form: she 's waiting, I 've seen it, we 'll go."""
        subject, number = self.pronoun()
        be, have = {"singular": ("'s/VBZ", "'s/VBZ"), "plural": ("'re/VBP", "'ve/VBP"), "first": ("'m/VBP", "'ve/VBP")}[number]
        form = self.random.randrange(6)
        verb = self.pick(lexicon.active(self.group.acts))
        thing = self.thing(talk=True)[0]
        if form == 0:
            return [*subject, *_tokens(be), (lexicon.gerund(verb), "VBG", "O"), *thing]
        if form == 1:
            return [*subject, *_tokens(have), *(self.one_of("never/RB", "just/RB", "already/RB") if self.chance(0.5) else []),
                    (lexicon.participle(verb), "VBN", "O"), *thing]
        if form == 2:
            return [*subject, *self.one_of("'ll/MD", "'d/MD", "ca/MD n't/RB", "wo/MD n't/RB", "could/MD n't/RB"), (verb, "VB", "O"), *thing]
        if form == 3:
            self.time = "present"
            return [*subject, *_tokens(be), *(self.one_of("so/RB", "very/RB", "not/RB", "too/RB") if self.chance(0.6) else []),
                    (self.pick(lexicon.FEELINGS), "JJ", "O"), *(self.when() if self.chance(0.3) else [])]
        if form == 4:
            return [*subject, *_tokens(be), *_tokens("going/VBG to/TO"), (verb, "VB", "O"), *thing]
        return [*subject, *_tokens("do/VBP n't/RB" if number != "singular" else "does/VBZ n't/RB"), (verb, "VB", "O"), *thing]

    def question(self) -> Tokens:
        subject, number = self.pronoun() if self.chance(0.7) else self.person(talk=True)
        if subject[-1][0] == ",":
            subject = subject[:1]
        verb, thing = self.pick(lexicon.active(self.group.acts)), self.thing(talk=True)[0]
        do = _tokens("does/VBZ" if number == "singular" else "do/VBP")
        have = _tokens("has/VBZ" if number == "singular" else "have/VBP")
        be = _tokens("is/VBZ" if number == "singular" else "am/VBP" if number == "first" else "are/VBP")
        form = self.random.randrange(9)
        if form == 0:
            return [*(do if self.chance(0.4) else _tokens("did/VBD")), *subject, (verb, "VB", "O"), *thing]
        if form == 1:
            return [*self.one_of("where/WRB", "why/WRB", "when/WRB", "how/WRB"), *(do if self.chance(0.4) else _tokens("did/VBD")), *subject, (verb, "VB", "O"), *thing]
        if form == 2:
            return [*self.one_of("who/WP", "who/WP else/RB"), (lexicon.past(verb), "VBD", "O"), *thing, *self.setting()]
        if form == 3:
            return [*have, *subject, *(self.one_of("ever/RB", "already/RB") if self.chance(0.5) else []), (lexicon.participle(verb), "VBN", "O"), *thing]
        if form == 4:
            return [*self.one_of("can/MD", "could/MD", "will/MD", "may/MD", "should/MD", "would/MD"), *subject, (verb, "VB", "O"), *thing]
        if form == 5:
            word = self.pick(self.group.things)
            return [("whose", "WP$", "O"), self.noun(word, "singular"), *self.one_of("is/VBZ this/DT", "is/VBZ that/DT", "did/VBD you/PRP find/VB")]
        if form == 6:
            word = self.pick(self.group.things)
            many = _tokens("how/WRB much/JJ") if word.endswith("~") else _tokens("how/WRB many/JJ")
            return [*many, self.noun(word, "singular" if word.endswith("~") else "plural"), *_tokens("did/VBD"), *subject, (verb, "VB", "O")]
        if form == 7:
            return [*be, *subject, (lexicon.gerund(verb), "VBG", "O"), *thing]
        self.time = "present"
        return [*self.one_of("what/WP", "which/WDT one/NN"), *be, *subject, (lexicon.gerund(verb), "VBG", "O"), *self.setting()]

    def command(self) -> Tokens:
        verb, thing = self.pick(lexicon.active(self.group.acts)), self.thing(talk=True)[0]
        start = self.one_of("please/UH", "do/VB n't/RB", "let/VB 's/PRP", "go/VB and/CC", "never/RB") if self.chance(0.7) else []
        end = [(",", ",", "O"), *self.first_name()] if self.chance(0.3) else self.one_of("now/RB", "again/RB", "today/NN") if self.chance(0.3) else []
        return [*start, (verb, "VB", "O"), *thing, *end]

    def feeling(self) -> Tokens:
        """I saw her duck; tell her that …; my cousin likes to swim."""
        subject, number = self.pronoun() if self.chance(0.5) else self.people(talk=True)
        form = self.random.randrange(6)
        like = self.random.choice(("like", "love", "hate", "want", "need"))
        if form == 0:
            return [*subject, *self.finite(like, number, self.random.choice(("present", "past", "negated"))), ("to", "TO", "O"),
                    (self.pick(self.scene.does), "VB", "O"), *self.where()]
        if form == 1:
            others = ("her/PRP", "him/PRP", "them/PRP") if subject[0][0] in ("I", "we") else ("her/PRP", "him/PRP", "them/PRP", "us/PRP")
            return [*subject, *self.finite("see", number, "past"), *self.one_of(*others),
                    (self.pick(lexicon.active(self.group.acts)), "VB", "O"), *self.thing(talk=True)[0]]
        if form == 2:
            return [*subject, *self.finite(like, number, "present"), *self.one_of("her/PRP", "him/PRP", "it/PRP", "them/PRP", "that/DT"),
                    *(self.one_of("a/DT lot/NN", "very/RB much/RB", "too/RB", "more/RBR than/IN you/PRP") if self.chance(0.7) else [])]
        if form == 3:
            verb = self.random.choice(("tell", "ask", "show", "bring"))
            return [(verb, "VB", "O"), *self.one_of("her/PRP", "him/PRP", "them/PRP", "me/PRP"),
                    *(_tokens("about/IN") if verb in ("tell", "ask") else []), *self.thing(talk=True)[0]]
        if form == 4:
            return [*subject, *self.finite(self.pick(lexicon.TALKS[:6]), number, self.random.choice(("present", "past", "negated"))),
                    *(_tokens("that/IN") if self.chance(0.5) else []), *self.clause(talk=True)]
        other = [*self.adjective(lexicon.QUALITIES_OF_PEOPLE), self.noun(self.pick(self.scene.people), number)]
        return [*subject, *self.finite("look", number, self.random.choice(("past", "present"))), ("like", "IN", "O"),
                *(other if number == "plural" else _with_article(other))]

    def pointing(self) -> Tokens:
        """That 's the boat that I sold; this is hers."""
        word = self.pick(self.group.things)
        number = "plural" if self.chance(0.3) and not word.endswith("~") else "singular"
        start = self.one_of("these/DT are/VBP", "those/DT are/VBP") if number == "plural" else self.one_of("this/DT is/VBZ", "that/DT 's/VBZ", "that/DT is/VBZ", "it/PRP 's/VBZ")
        adjective = self.adjective(self.group.qualities) if self.chance(0.4) else []
        form = self.random.randrange(3)
        head = [("the", "DT", "O"), *adjective, self.noun(word, number)]
        if form == 0:
            return [*start, *head, *(_tokens("that/WDT") if self.chance(0.6) else []), *self.pronoun()[0], (lexicon.past(self.pick(self.group.acts)), "VBD", "O"),
                    *(self.when() if self.chance(0.4) else [])]
        if form == 1:
            return [*start, *self.one_of("my/PRP$", "your/PRP$", "her/PRP$", "their/PRP$", "our/PRP$"), *adjective, self.noun(word, number)]
        mass = word.endswith("~")
        owner, other = self.random.choice((("my/PRP$", "yours/PRP"), ("your/PRP$", "mine/PRP"), ("her/PRP$", "his/PRP"),
                                           ("his/PRP$", "hers/PRP"), ("that/DT", "this/DT" if mass else "this/DT one/NN")))
        return [*_tokens(owner), self.noun(word, "singular"), *self.one_of("is/VBZ", "was/VBD", "looks/VBZ"),
                *self.degree("comparative"), ("than", "IN", "O"), *_tokens(other)]

    def chat(self) -> Tokens:
        return self.clause(talk=True)


def _ended(rule: Callable, mark: str = ".", start: tuple[str, ...] = (), share: float = 0.0) -> Callable:
    """Return the rule with its last mark, and now and then a word that opens it."""

    def ended(writer: _Writer) -> Tokens:
        tokens = rule(writer)
        if tokens[-1][0] == ",":
            tokens = tokens[:-1]
        opening = [*writer.one_of(*start), (",", ",", "O")] if writer.chance(share) else []
        return [*opening, *tokens, (mark, ".", "O")]

    return ended


OPENINGS = ("well/UH", "oh/UH", "yes/UH", "no/UH", "hello/UH", "okay/UH", "sure/UH", "hey/UH", "anyway/RB", "right/UH")
NEWS_OPENINGS = ("meanwhile/RB", "however/RB", "in/IN fact/NN", "still/RB", "of/IN course/NN", "for/IN example/NN", "instead/RB",
                 "as/IN a/DT result/NN", "in/IN addition/NN")
SPORTS = next(scene for scene in lexicon.SCENES if "stadium" in scene.places)
GOODS = [(scene, group) for scene in lexicon.SCENES for group in scene.groups if {"buy", "sell"} & {*group.acts}]
NEWS = [
    (_ended(rule, start=NEWS_OPENINGS, share=0.08), weight) for rule, weight in (
        (_Writer.clause, 20), (_Writer.passive, 11), (_Writer.reduced_relative, 8), (_Writer.relative, 7), (_Writer.existence, 4),
        (_Writer.event, 6), (_Writer.comparison, 3), (_Writer.figures, 7), (_Writer.sport, 2), (_Writer.opinion, 3),
        (_Writer.reported, 11), (_Writer.joined, 9), (_Writer.coordinated, 6), (_Writer.participial, 3),
        (_Writer.gerund_subject, 2), (_Writer.bracket, 1), (_Writer.so_that, 2),
    )
] + [(_ended(_Writer.quoted), 4)]
TALK = [
    (_ended(rule, mark, OPENINGS, 0.12), weight) for rule, mark, weight in (
        (_Writer.contracted, ".", 20), (_Writer.question, "?", 24), (_Writer.command, ".", 7), (_Writer.command, "!", 5),
        (_Writer.feeling, ".", 18), (_Writer.pointing, ".", 10), (_Writer.pointing, "!", 3), (_Writer.chat, ".", 13),
    )
]
