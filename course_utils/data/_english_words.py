"""The words of the built-in tagged English, by scene and by what they can do together, and how they are inflected.

A scene (a harbour, a court, a kitchen …) keeps the words of one sentence together, so that sentences read like
English: its people do the ``acts`` of a group to the things of the same group, and these things have its
``qualities`` and do what it ``happens`` to them. The more frequent words of a list stand first. ``~`` marks a noun
without plural.
"""

from dataclasses import dataclass
from functools import cache

__all__ = [
    "ACTORS_OF_NEWS", "ADVERBS_OF_DEGREE", "ADVERBS_OF_MANNER", "ALWAYS_KNOWN", "CITIES", "COUNTRIES", "DAYS",
    "EVENTS", "FAMILY", "FEELINGS", "FIRST_NAMES", "LAST_NAMES", "MONTHS", "MOVES", "OPINIONS", "ORGANIZATIONS",
    "PARTICLE_VERBS", "PREPOSITIONS", "QUALITIES_OF_PEOPLE", "RANKS", "SCENES", "STATES", "TALKS", "TEAMS",
    "TITLES", "Group", "Scene", "active", "before_nouns", "comparative", "gerund", "gradable", "participle",
    "past", "plural", "superlative", "third_person",
]


@dataclass(frozen=True)
class Group:
    """Things that the same can be done to.

    Attributes
    ----------
    things, acts, qualities, happens : tuple of str
        Nouns; verbs that take them as object; adjectives of them; verbs that have them as subject and no object.
    """

    things: tuple[str, ...]
    acts: tuple[str, ...]
    qualities: tuple[str, ...]
    happens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scene:
    """A place in the world, with its people and things.

    Attributes
    ----------
    people, places, does : tuple of str
        Nouns for persons; nouns for places; verbs that persons do there without an object.
    groups : tuple of Group
        The things.
    """

    people: tuple[str, ...]
    places: tuple[str, ...]
    does: tuple[str, ...]
    groups: tuple[Group, ...]


def _scene(people: str, places: str, does: str, *groups: tuple[str, ...]) -> Scene:
    """Return the scene whose lists are written with spaces between the words."""
    split = [Group(*(tuple(words.split()) for words in group)) for group in groups]
    return Scene(tuple(people.split()), tuple(places.split()), tuple(does.split()), tuple(split))


SCENES = (
    _scene(  # a harbor
        "captain sailor fisherman diver pilot docker passenger skipper navigator smuggler lifeguard",
        "harbor beach pier bay island dock shore lighthouse coast lagoon reef",
        "swim dive wait shout row sail smoke fish",
        ("boat ship ferry yacht vessel canoe raft trawler tanker freighter tugboat barge",
         "repair paint sell inspect board tow charter insure abandon steer christen",
         "old wooden rusty crowded empty heavy damaged fast leaky sturdy seaworthy",
         "sink drift arrive leak leave vanish capsize float"),
        ("net rope anchor engine sail crate barrel cable lantern chain oar compass",
         "load drop lift carry mend store lose fasten stow",
         "heavy torn wet loose broken thick tangled slippery", "break rot slip rust"),
        ("fish crab shark lobster salmon whale dolphin tuna eel turtle",
         "catch sell weigh photograph watch freeze smoke release",
         "big fresh rare frozen tiny strange pale striped", "swim hide die dive"),
    ),
    _scene(  # a farm
        "farmer shepherd miller veterinarian rancher grower beekeeper farmhand gardener",
        "farm field barn village meadow valley orchard stable pasture vineyard",
        "work rest dig whistle sing sweat",
        ("cow horse sheep goat pig donkey goose calf hen lamb mule pony",
         "feed buy lead wash count raise steal examine shear",
         "hungry sick young brown thirsty stubborn fat tame lame", "escape sleep eat drink limp graze"),
        ("apple potato tomato onion melon carrot bean pear pumpkin cabbage cucumber turnip",
         "plant pick sell wash weigh harvest water peel",
         "ripe fresh sweet rotten huge frozen juicy organic", "ripen grow rot freeze wither"),
        ("fence gate tractor shed wagon pump trailer ladder plow bucket",
         "repair paint move build borrow replace clean",
         "broken old muddy cheap rusty wobbly", "break collapse creak rust"),
    ),
    _scene(  # a hospital
        "doctor nurse patient surgeon dentist pharmacist therapist midwife psychiatrist paramedic",
        "hospital clinic ward laboratory pharmacy corridor ambulance",
        "rest cough recover faint breathe sleep",
        ("fever infection wound burn disease rash allergy headache fracture tumor",
         "treat diagnose study describe cure notice ignore",
         "severe mild rare painful chronic common harmless deadly", "spread heal worsen return disappear"),
        ("drug vaccine pill test bandage needle syringe antibiotic vitamin ointment",
         "order test prescribe refuse recommend use buy develop",
         "new effective expensive cheap sterile bitter dangerous", "work fail help expire"),
        ("bed lamp scanner wheelchair machine chart blanket stretcher thermometer microscope",
         "move clean check repair push replace",
         "modern broken clean heavy portable fragile", "break fail shake"),
    ),
    _scene(  # a school
        "teacher student pupil professor principal librarian tutor scholar dean",
        "school classroom library college campus gym cafeteria playground university",
        "study laugh whisper read listen cheat yawn",
        ("book essay story poem novel letter textbook report diary dictionary paragraph",
         "read write correct copy publish translate memorize discuss criticize",
         "long short boring difficult brilliant clever famous funny dull"),
        ("question problem lesson exam answer theory exercise riddle equation lecture",
         "explain answer discuss understand solve repeat prepare forget",
         "simple hard tricky important complicated strange confusing", "change end matter"),
        ("desk pencil computer map bag notebook ruler calculator blackboard backpack",
         "buy clean lose share borrow lend hide",
         "new cheap blue colorful dusty useful", "break fall disappear"),
    ),
    _scene(  # a court
        "judge lawyer witness prosecutor suspect juror defendant attorney clerk",
        "court courtroom prison jail office courthouse",
        "argue lie testify object confess kneel",
        ("case claim lawsuit appeal verdict complaint trial indictment plea",
         "review dismiss reject file support delay settle withdraw",
         "weak serious famous unusual criminal civil lengthy", "fail end begin continue"),
        ("contract document law photograph will statement affidavit statute treaty",
         "sign read examine copy present question forge draft",
         "secret legal false important illegal confidential", "disappear matter expire"),
        ("thief robber killer burglar prisoner swindler gangster hostage",
         "arrest question free accuse identify punish convict",
         "young violent dangerous notorious clumsy", "escape confess run surrender hide"),
    ),
    _scene(  # sports
        "player coach goalkeeper referee fan runner striker trainer athlete swimmer boxer",
        "stadium field gym court arena track pool",
        "train cheer run win lose jump limp stumble",
        ("game match race final tournament championship marathon playoff",
         "win lose watch postpone cancel attend",
         "tough friendly close exciting thrilling decisive", "start end continue"),
        ("ball medal trophy cup jersey helmet racket glove bat",
         "kick throw catch lose show grab clean",
         "golden heavy red lucky shiny muddy", "bounce disappear break fall"),
        ("team rival opponent champion club beginner rookie amateur",
         "beat face coach encourage respect defeat trounce",
         "strong weak local confident unbeaten ambitious", "lose win train improve"),
    ),
    _scene(  # a kitchen
        "cook chef waiter guest baker butcher bartender caterer hostess",
        "kitchen restaurant bakery cafe bar pantry cellar",
        "eat cook wait drink laugh complain bake",
        ("soup cake bread~ pie stew sauce~ omelet pudding curry~ pizza salad pancake",
         "cook serve taste bake burn order season devour",
         "hot delicious spicy sweet salty creamy tasteless crispy", "burn cool smell spoil"),
        ("coffee~ tea~ wine~ milk~ juice~ beer~ lemonade~ cider~",
         "drink pour order spill taste sip",
         "cold strong fresh warm bitter sour", "cool spill evaporate"),
        ("knife pan oven plate pot kettle spoon bowl fork dish teapot",
         "wash clean buy polish dry drop scrub",
         "sharp dirty clean heavy greasy shiny rusty", "break shine fall crack"),
    ),
    _scene(  # business
        "manager trader banker director investor analyst executive accountant shareholder entrepreneur",
        "office bank market factory company headquarters warehouse",
        "work resign retire hesitate travel bargain",
        ("deal offer plan bid merger proposal budget loan takeover",
         "accept reject announce approve finance support criticize cancel",
         "large risky generous costly recent hostile lucrative", "fail work collapse succeed"),
        ("share bond stock dividend asset property mortgage portfolio",
         "buy sell trade own hold dump",
         "cheap foreign valuable risky overvalued", "rise fall drop climb plunge"),
        ("car phone camera truck toy shoe watch gadget bicycle sneaker",
         "make sell design test import export ship advertise",
         "new popular electric expensive stylish defective", "sell break fail"),
    ),
    _scene(  # politics
        "minister senator mayor governor president voter diplomat ambassador lawmaker congressman",
        "parliament city capital embassy senate congress",
        "speak vote resign debate win compromise",
        ("bill tax plan law reform treaty policy subsidy amendment tariff",
         "support oppose sign pass block veto propose defend",
         "new controversial tough popular unfair strict", "fail pass work"),
        ("speech debate meeting election vote campaign summit rally referendum",
         "attend cancel plan cover hold postpone boycott",
         "long public secret national noisy historic", "start end continue"),
        ("enemy ally rebel critic soldier protester spy militant refugee",
         "attack fear praise arrest join meet denounce",
         "armed loyal angry fierce foreign", "attack march retreat flee"),
    ),
    _scene(  # mountains and weather
        "climber guide hiker ranger hunter skier explorer mountaineer camper",
        "mountain forest river hill lake camp canyon glacier waterfall",
        "climb walk ski camp shiver rest wander",
        ("storm flood wind fire blizzard hurricane avalanche earthquake drought tornado",
         "fear predict watch expect survive observe",
         "strong sudden violent terrible fierce deadly", "approach stop spread begin end"),
        ("wolf bear eagle deer fox owl snake moose squirrel lynx",
         "see photograph hunt follow watch protect spot track",
         "wild wounded gray shy rare hungry", "howl sleep hide attack flee"),
        ("trail bridge tree path cabin rock log boulder tent",
         "cross find reach repair climb block",
         "narrow steep tall mossy slippery fallen", "collapse fall disappear"),
    ),
    _scene(  # music and art
        "singer painter actor dancer musician artist drummer composer pianist sculptor",
        "theater museum gallery studio stage opera cinema",
        "sing dance rehearse perform act paint bow",
        ("song concert play film opera show symphony ballet musical",
         "love record perform play watch finish rehearse",
         "sad beautiful long famous romantic gloomy", "start end fail"),
        ("picture statue portrait painting sculpture mural sketch mosaic vase",
         "buy sell paint admire restore steal donate",
         "modern ugly precious colorful priceless abstract", "disappear fade crack"),
        ("guitar piano violin drum flute trumpet cello harp",
         "play tune buy repair practice break",
         "loud old soft expensive dusty", "squeak break"),
    ),
    _scene(  # travel
        "driver tourist traveler passenger conductor cyclist porter mechanic commuter pedestrian",
        "station airport hotel road highway tunnel border terminal motel",
        "travel wait drive sleep walk hitchhike",
        ("train bus plane taxi car van truck tram helicopter limousine",
         "miss drive take stop park board hijack",
         "late crowded slow empty early comfortable noisy", "stop crash arrive leave wait"),
        ("ticket bag passport suitcase map seat visa souvenir umbrella",
         "lose buy pack show check forget steal find",
         "cheap valid lost small expired bulky", "disappear tear fall"),
        ("trip tour visit flight vacation journey cruise expedition",
         "plan enjoy cancel book delay extend",
         "long cheap short pleasant exhausting", "end begin"),
    ),
    _scene(  # crime and police
        "officer detective policeman guard inspector agent sheriff informant",
        "street house alley bank shop apartment basement neighborhood",
        "wait watch run hide shout listen sneak",
        ("crime murder robbery theft attack accident burglary kidnapping arson~",
         "investigate report describe solve witness plan commit",
         "brutal mysterious recent terrible senseless", "happen continue"),
        ("gun knife bomb key wallet necklace pistol rifle jewel",
         "find hide steal drop carry examine seize",
         "stolen missing black small rusty shiny", "disappear explode"),
        ("door window lock car alarm safe mailbox closet",
         "open check break close watch smash",
         "locked open broken dark heavy", "open close rattle"),
    ),
    _scene(  # science and technology
        "scientist engineer researcher inventor chemist physicist astronomer biologist programmer",
        "laboratory institute desert observatory university workshop",
        "think experiment wonder guess calculate",
        ("experiment study method theory discovery hypothesis formula technique",
         "publish test check repeat explain doubt present",
         "new careful early wrong flawed elegant", "fail work succeed"),
        ("robot satellite rocket computer telescope laser battery sensor microchip",
         "build design test launch improve program assemble",
         "fast tiny powerful cheap wireless obsolete", "fail work crash explode"),
        ("planet star comet galaxy particle cell virus bacterium gene",
         "discover study observe photograph examine describe",
         "distant bright tiny mysterious invisible", "move explode grow vanish"),
    ),
)

# Adjectives and nouns that fit people in every scene.
QUALITIES_OF_PEOPLE = tuple(
    "young old tall tired angry famous rich poor friendly nervous honest clever lazy brave polite rude kind lonely "
    "proud shy cheerful stubborn skinny elderly generous cautious arrogant talented jealous grumpy".split()
)
FAMILY = tuple(
    "mother father brother sister friend son daughter neighbor partner classmate uncle aunt cousin boss grandmother "
    "roommate nephew niece colleague grandfather".split()
)
ACTORS_OF_NEWS = tuple(
    "spokesman reporter official expert resident worker critic spokeswoman observer economist historian "
    "columnist".split()
)
FEELINGS = tuple(  # of a person
    "happy sad tired angry sure ready afraid sorry busy hungry bored worried surprised upset grateful thirsty furious "
    "embarrassed".split()
)
OPINIONS = tuple(  # of a fact
    "clear true possible strange important good bad likely sad obvious odd wonderful doubtful unfair ridiculous".split()
)
ADVERBS_OF_MANNER = tuple(
    "quickly slowly quietly suddenly carefully again calmly twice secretly nervously proudly gently happily "
    "angrily patiently eagerly reluctantly bravely".split()
)
ADVERBS_OF_DEGREE = tuple("very quite rather extremely terribly remarkably surprisingly".split())
MOVES = tuple("walk run go drive return hurry rush march ride race stroll wander sprint tiptoe".split())  # to a place
TALKS = tuple("say think believe claim know hope argue report insist explain deny suspect boast".split())  # that …
# Nouns that name an event, most of them spelled like a verb; their preposition, and what it leads to.
EVENTS = {
    "search": ("for", "thing"), "attack": ("on", "person"), "visit": ("to", "place"), "report": ("about", "thing"),
    "fight": ("with", "person"), "talk": ("with", "person"), "hunt": ("for", "person"), "march": ("to", "place"),
    "protest": ("against", "person"), "strike": ("at", "place"), "claim": ("against", "person"),
    "study": ("of", "thing"), "sale": ("of", "thing"), "return": ("of", "thing"), "dispute": ("about", "thing"),
    "quarrel": ("with", "person"), "rescue": ("of", "person"), "discussion": ("about", "thing"),
    "investigation": ("of", "thing"), "complaint": ("about", "person"), "race": ("to", "place"),
}
# Verbs and their particles; each takes a thing.
PARTICLE_VERBS = (
    ("pick", "up"), ("give", "up"), ("throw", "out"), ("bring", "back"), ("take", "away"), ("put", "down"),
    ("send", "back"), ("hand", "over"), ("pull", "out"), ("carry", "off"), ("look", "over"),
)

# What stands before a place instead of "in" and "at", or the one of the two that fits it.
_PLACES_BY_PREPOSITION = {
    "on": "beach pier island dock shore coast reef farm field campus playground track hill mountain glacier stage road "
          "highway border street",
    "in": "bay meadow pasture lagoon village valley ward corridor ambulance classroom city capital parliament senate "
          "congress forest canyon alley apartment basement neighborhood desert cellar pantry tunnel orchard vineyard "
          "prison jail",
    "at": "pool lighthouse headquarters airport station terminal waterfall bar",
}
PREPOSITIONS = {word: preposition for preposition, words in _PLACES_BY_PREPOSITION.items() for word in words.split()}
# Nouns that are written with a capital letter before a name.
RANKS = frozenset(
    "captain professor judge doctor president senator mayor governor minister ambassador congressman officer "
    "detective inspector sheriff".split()
)
# Verbs that are no actions: nobody is owning a share now.
STATES = frozenset(
    "own love hate see understand know fear respect admire notice expect doubt forget oppose hope need like want mean "
    "matter survive".split()
)

# Words of the lists that rules, titles and names of firms bring in by themselves, so that they cannot be held back.
ALWAYS_KNOWN = frozenset(
    "will local old new small early good hard dangerous sure again twice work law plan mayor president professor "
    "judge captain senator doctor bank university factory office shop store plant brother electric apple Ford "
    "jump rise fall climb drop beat defeat lose face win play sell buy order ship own build open close visit end "
    "begin continue fail sale export start hope plan refuse expect love see say show find go pick throw take "
    "carry know".split()
)

FIRST_NAMES = tuple(
    "Bill May Mark Rose Mary John Grant Anna Jack Susan Peter Linda Pierre Frank Will Grace Robert Karen Tom Alice "
    "Daniel Drew Laura Pat Kevin Maria Dean Joan Carlos Emily Hope Victor Diane Rusty Faith Heather Dale Sandy Wade "
    "Ivy Martin Ruth Harold Megan Walter Nina".split()
)
LAST_NAMES = tuple(
    "Smith Washington Brown Jones Baker Young Lincoln Bush Carter Miller Ford King Cook Jackson Park Fisher Johnson "
    "Long Stone Green Hunter Walker Bell Rice Wood Banks Fox Price Field Nelson Wolf Marsh Parker Cruz Peters Gordon "
    "Hale Lopez Sullivan Berg Novak Hansen Kaplan Rossi Tanaka".split()
)
TITLES = ("Mr.", "Mrs.", "Dr.", "Ms.", "President", "Judge", "Senator", "Captain", "Professor", "Mayor")
CITIES = tuple(
    "Washington London Boston Paris Chicago Lincoln Phoenix Tokyo Jackson Reading Houston Berlin Denver Madrid Nice "
    "Seattle Mobile Moscow Dallas Cork Rome Vienna Toronto Dublin Portland Oslo Havana Kiev Lisbon Nairobi Prague "
    "Quebec Tampa Lagos Boise".split()
)
COUNTRIES = tuple(
    "China Japan France Turkey Canada Mexico Germany Jordan India Chad Brazil Italy Spain Iran Poland Georgia Cuba "
    "Egypt Greece Kenya Chile Norway Peru Sudan Hungary Ireland Vietnam Ecuador Nepal".split()
)
ORGANIZATIONS = (  # patterns: {last} and {city} are drawn
    "{last} & Co.", "{last} Corp.", "{last} Industries", "{city} Bank", "{city} Airlines", "{last} Inc.", "Ford",
    "{city} University", "{last} Securities", "General Motors", "{last} Brothers", "{city} Gas & Electric",
    "{last} Systems", "Apple", "Target", "{city} Times", "Boeing", "Sony",
)
TEAMS = tuple(
    "Tigers Giants Eagles Bears Lions Rangers Pirates Cowboys Rockets Sharks Bulls Cardinals Saints Hawks".split()
)
DAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
MONTHS = tuple("May March January April June August September October November December July February".split())

_IRREGULAR_VERBS = {
    "be": "was been", "beat": "beat beaten", "become": "became become", "begin": "began begun", "bid": "bid bid",
    "break": "broke broken", "bring": "brought brought", "build": "built built", "buy": "bought bought",
    "catch": "caught caught", "come": "came come", "cost": "cost cost", "cut": "cut cut", "dig": "dug dug",
    "do": "did done", "drink": "drank drunk", "drive": "drove driven", "eat": "ate eaten", "fall": "fell fallen",
    "feed": "fed fed", "feel": "felt felt", "fight": "fought fought", "find": "found found", "flee": "fled fled",
    "forget": "forgot forgotten", "freeze": "froze frozen", "get": "got got", "give": "gave given",
    "go": "went gone", "grow": "grew grown", "have": "had had", "hear": "heard heard", "hide": "hid hidden",
    "hit": "hit hit", "hold": "held held", "keep": "kept kept", "kneel": "knelt knelt", "know": "knew known",
    "lead": "led led", "leave": "left left", "lend": "lent lent", "let": "let let", "lose": "lost lost",
    "make": "made made", "mean": "meant meant", "meet": "met met", "pay": "paid paid", "put": "put put",
    "read": "read read", "ride": "rode ridden", "rise": "rose risen", "run": "ran run", "say": "said said",
    "see": "saw seen", "sell": "sold sold", "send": "sent sent", "set": "set set", "shake": "shook shaken",
    "shear": "sheared shorn", "shine": "shone shone", "show": "showed shown", "sing": "sang sung",
    "sink": "sank sunk", "sleep": "slept slept", "sneak": "sneaked sneaked", "speak": "spoke spoken",
    "spread": "spread spread", "stand": "stood stood", "steal": "stole stolen", "swim": "swam swum",
    "take": "took taken", "teach": "taught taught", "tear": "tore torn", "tell": "told told",
    "think": "thought thought", "throw": "threw thrown", "understand": "understood understood", "win": "won won",
    "withdraw": "withdrew withdrawn", "write": "wrote written",
}
_IRREGULAR_PLURALS = {
    "fisherman": "fishermen", "policeman": "policemen", "congressman": "congressmen", "spokesman": "spokesmen",
    "spokeswoman": "spokeswomen", "sheep": "sheep", "goose": "geese", "calf": "calves", "fish": "fish",
    "salmon": "salmon", "deer": "deer", "moose": "moose", "tuna": "tuna", "wolf": "wolves", "thief": "thieves",
    "knife": "knives", "midwife": "midwives", "potato": "potatoes", "tomato": "tomatoes",
    "hypothesis": "hypotheses", "bacterium": "bacteria", "tornado": "tornadoes", "headquarters": "headquarters",
    "person": "people", "child": "children", "man": "men", "woman": "women",
}
_DOUBLED = frozenset("admit commit begin forget program".split())
_WITH_MORE = frozenset("wrong lost torn loyal stolen".split())
_NOT_GRADED = frozenset(
    "rusty greasy leaky mossy sour wobbly muddy dusty bulky creamy crispy huge organic legal illegal false chronic "
    "obsolete overvalued missing wrong defective wooden golden metal electric secret public national criminal civil "
    "locked unlocked open loaded stolen black diamond silver frozen foreign lame unbeaten portable sterile free local "
    "lost blue brown gray striped torn broken fallen wounded private recent late early valid expired armed wireless "
    "abstract invisible final digital rotten daily priceless historic empty".split()
)
_IRREGULAR_DEGREES = {
    "good": ("better", "best"), "bad": ("worse", "worst"), "far": ("farther", "farthest"),
    "red": ("redder", "reddest"), "narrow": ("narrower", "narrowest"), "clever": ("cleverer", "cleverest"),
}
# Verbs whose participle in -ing, or the past one, would be odd before a noun: the mattering law, the bought stock.
_ODD_GERUNDS = frozenset(
    "matter end start begin sell work open close hit stop leave break help pass happen drink eat heal run win lose "
    "fail change".split()
)
_ODD_PARTICIPLES = frozenset(
    "sell buy take make say read write see know own hold keep have get find carry drop lift move load store lead "
    "count raise feed examine pick weigh use describe study order check push replace notice ignore fear expect show "
    "grab catch throw kick face beat coach trade support understand answer discuss share lend question sign file "
    "present watch perform play love practice drive stop miss board enjoy visit plan think cover attend join meet "
    "praise oppose cross reach climb follow photograph report solve witness open close explain test launch build "
    "taste serve drink pour dump ship wash fasten stow tow sip attack arrest identify accuse tell block spot track "
    "sketch".split()
)
_VOWELS = frozenset("aeiou")


def _syllables(word: str) -> int:
    """Count the groups of vowels of a word."""
    vowels = _VOWELS | {"y"}
    return sum(letter in vowels and before not in vowels for before, letter in zip("x" + word, word))


def _doubled(word: str) -> str:
    """Return the word as it stands before ``-ed``, ``-ing`` and ``-er``: stop, stopp-; load, load-."""
    short = (
        len(word) > 2 and _syllables(word) == 1 and word[-1] not in _VOWELS | set("wxy")
        and word[-2] in _VOWELS and (word[-3] not in _VOWELS or word[-3:-1] == "ui" and word[-4:-3] == "q")
    )
    return word + word[-1] if short or word in _DOUBLED else word


@cache
def plural(noun: str) -> str:
    """Return the plural: boat, boats; knife, knives."""
    if noun in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[noun]
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "z", "ch", "sh")) else "s")


@cache
def third_person(verb: str) -> str:
    """Return the form with she: carry, carries."""
    if verb in ("have", "be"):
        return {"have": "has", "be": "is"}[verb]
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def _regular_past(verb: str) -> str:
    """Return the form in -ed."""
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


@cache
def past(verb: str) -> str:
    """Return the past tense: carry, carried; sink, sank."""
    return _IRREGULAR_VERBS[verb].split()[0] if verb in _IRREGULAR_VERBS else _regular_past(verb)


@cache
def participle(verb: str) -> str:
    """Return the past participle: carry, carried; sink, sunk."""
    return _IRREGULAR_VERBS[verb].split()[1] if verb in _IRREGULAR_VERBS else _regular_past(verb)


@cache
def gerund(verb: str) -> str:
    """Return the form in -ing: lie, lying; stop, stopping."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")) and verb != "be":
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def _degree(adjective: str, ending: str, number: int) -> str | None:
    """Return the adjective with -er or -est, or None if it takes more or most; `number` is 0 or 1."""
    if adjective in _IRREGULAR_DEGREES:
        return _IRREGULAR_DEGREES[adjective][number]
    if _syllables(adjective.removesuffix("e")) == 1 and not adjective.endswith("ed") and adjective not in _WITH_MORE:
        return adjective + ending[1:] if adjective.endswith("e") else _doubled(adjective) + ending
    if adjective.endswith("y") and _syllables(adjective) == 2:
        return adjective[:-1] + "i" + ending
    return None


@cache
def gradable(adjectives: tuple[str, ...]) -> tuple[str, ...]:
    """Return the adjectives that something can be more or less of: heavy, not wooden."""
    return tuple(adjective for adjective in adjectives if adjective not in _NOT_GRADED)


@cache
def active(verbs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the verbs that name something that is done, not a state."""
    return tuple(verb for verb in verbs if verb not in STATES)


@cache
def before_nouns(group: Group) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the verbs whose present, and those whose past participle can stand before a thing: sinking, painted."""
    adjectives = {quality for scene in SCENES for each in scene.groups for quality in each.qualities}
    return (
        tuple(verb for verb in group.happens if verb not in _ODD_GERUNDS),
        tuple(verb for verb in group.acts if verb not in _ODD_PARTICIPLES and participle(verb) not in adjectives),
    )


@cache
def comparative(adjective: str) -> str | None:
    """Return the form in -er, or None where English says "more"."""
    return _degree(adjective, "er", 0)


@cache
def superlative(adjective: str) -> str | None:
    """Return the form in -est, or None where English says "most"."""
    return _degree(adjective, "est", 1)
