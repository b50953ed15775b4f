"""A read name is the asked one up to what a reader confuses and people rewrite, and never by similarity."""

import pytest

from vqaprep.detect.names import difference, fits, is_name, may_fit, meant, unreadable

_SAME = [
    ("Maria Silva", "maria silva"),
    ("MAR1A S1LVA", "Maria Silva"),
    ("Jose Alvarez", "José Álvarez"),
    ("Dr. Maria Silva", "Maria Silva"),
    ("Marissa C1ark", "Clark"),
    ("Moderator", "Interviewer|Moderator"),
    ("PO1", "P01"),
    ("ID-1034", "ID-1034"),
    ("ID 1034", "ID-1034"),
    ("1D-1O34", "ID-1034"),
    ("P-017 (she/her)", "P-017"),
    ("P-017", "P017"),
    ("S_12", "S_12"),
    ("S 12", "S_12"),
    ("S12", "S_12"),
    ("5_l2", "S_12"),
    ("Miller, Jane", "Jane Miller"),
    ("MILLER Jane", "Jane Miller"),
    ("Jane Miller (Host)", "Jane Miller"),
    ("Jane Miller (me)", "Jane Miller"),
    ("Jane Miller (Host, me)", "Jane Miller"),
    ("JaneMiller", "Jane Miller"),
    ("iPad von Petra", "Petra"),
    ("Petra's iPad", "Petra"),
    ("iPad von Petra", "iPad von Petra"),
    ("Petra's iPad (2)", "Petra"),
    ("Jane A. Miller", "Jane Miller"),
    ("Jane Miller", "Jane A. Miller"),
    ("Miller, Jane A.", "Jane Miller"),
    ("Jane Miller, MD, PhD", "Jane Miller"),
    ("Jane Miller Ph.D.", "Jane Miller"),
    ("Jane Miller she/her", "Jane Miller"),
    ("Jane Miller (Guest)", "Jane Miller"),
    ("Jane Mi11er", "Jane Miller"),
    ("Jane Mlller", "Jane Miller"),
    ("Bamaby Hom", "Barnaby Horn"),
    ("Barnaby Horn", "Bamaby Hom"),
    ("Participant l2", "Participant 12"),
    ("Participant12", "Participant 12"),
    ("Subject lO1", "Subject 101"),
    ("Mueller", "Müller"),
    ("Muller", "Müller"),
    ("Soren Kjaer", "Søren Kjaer"),
    ("Søren Kjær", "Soren Kjaer"),
    ("OBrien Pat", "Pat O'Brien"),
    ("0 Jane Miller", "Jane Miller"),
    ("Participant 12", "Participant"),
    ("Yo-Yo Ma", "Yo-Yo Ma"),
    ("Anne Marie Weber", "Anne-Marie Weber"),
    ("Petra Weber's iPhone", "Petra Weber"),
    ("Prof. Dr. Jane Miller", "Jane Miller"),
    ("Dr. Ellen Smith", "Dr Ellen Smith"),
    ("Ellen Smith", "Dr Ellen Smith"),
    ("P01 (Guest)", "P01"),
    ("Miller, Jane (UCLA)", "Jane Miller"),
    ("Jane Miller | Host", "Jane Miller"),
    ("Host: Jane Miller", "Jane Miller"),
    ("8en Stone", "Ben Stone"),
    ("Maria Fernanda de Oliveira Santos Pereira (she/her)", "Maria Fernanda de Oliveira Santos Pereira"),
    ("1034", "1034"),
    ("Participant S", "Participant 5"),
    ("van der Berg, Jan", "Jan van der Berg"),
    ("Strauß", "Strauss"),
    ("Strauss", "Strauß"),
    ("P-17's iPad", "P-17"),
    ("Userl", "User1"),
    ("Jane Miller.", "Jane Miller"),
    ("X Jane Miller", "Jane Miller"),
    ("Mrs. Miller", "Mrs Miller"),
    ("Jane Miller", "Miller, Jane"),
    ("Laptop of Jane Miller", "Jane Miller"),
    ("P0l", "P01"),
    ("SUBJ-OO7", "SUBJ-007"),
    ("sub007", "sub-007"),
    ("1D 1034 (she/her)", "ID-1034"),
    ("Dr. P01", "P01"),
    ("P01 - iPad", "P01"),
    ("Participant OO1", "Participant 001"),
    ("Bjorn Ake", "Björn Åke"),
    ("Nguyen Van", "Nguyễn Văn"),
    ("Lukasz Zolw", "Łukasz Żółw"),
    ("Karl Hom", "Karl Horn"),
    ("VVi11iam", "William"),
    ("de la Cruz, Ana Maria", "Ana Maria de la Cruz"),
    ("Robert Smith [he/him] (Co-host)", "Robert Smith"),
    ("Robert (iPad)", "Robert"),
    ("Robert\u2019s MacBook Pro", "Robert"),
    ("iPhone de Robert", "Robert"),
    ("Wolfeschlegelsteinhausenbergerdorff", "Wolfeschlegelsteinhausenbergerdorff"),
]
_OTHERS = [
    ("Participant 21", "Participant 12"),
    ("Subject 107", "Subject 101"),
    ("Patient B", "Patient A"),
    ("Participant 2", "Participant 1"),
    ("User1", "Userl2"),
    ("Userl2", "User1"),
    ("Marie Silva", "Maria Silva"),
    ("Mario Silva", "Maria Silva"),
    ("Joanna", "Ann"),
    ("Li Wei", "Maria Silva"),
    ("Interview", "Maria"),
    ("P01", "P10"),
    ("P1", "P01"),
    ("P11-2", "P1-12"),
    ("P1-12", "P112"),
    ("Participant 1 2", "Participant 12"),
    ("Site 1 2", "Site 2 1"),
    ("Participant 12", "Participant 1"),
    ("Participant 1 (2)", "Participant 1"),
    ("P01 B", "P01"),
    ("Jane Miller's daughter", "Jane Miller"),
    ("Interpreter for Jane Miller", "Jane Miller"),
    ("Mother of Jane", "Jane"),
    ("Jane's mom", "Jane"),
    ("Jane & Tom", "Jane"),
    ("Mr Miller", "Mrs Miller"),
    ("John Miller Jr", "John Miller Sr"),
    ("Jane B Miller", "Jane C Miller"),
    ("Wei Zhang", "Wai Zhang"),
    ("Jane Miller and Tom Miller", "Jane Miller"),
    ("Patient A B", "Patient A"),
    ("Patient", "Patient A"),
    ("Ann", "Anna"),
    ("Anna", "Ann"),
    ("Jane", "Jane Miller"),
    ("Tom Miller", "Jane Miller"),
    ("S_12", "S_21"),
    ("101", "Subject 101"),
    ("ID-1034", "ID-1043"),
    ("6", "9"),
    ("P06", "P09"),
    ("Interviewer 2", "Interviewer 1"),
    ("Jane Miller 2", "Jane Miller"),
    ("Participant 1B", "Participant 1"),
    ("Participant A1", "Participant 1"),
    ("Participant 001", "Participant 01"),
    ("ID-l034", "ID-2034"),
    ("ID-1034", "ID-10340"),
    ("P8", "P3"),
    ("P8", "P6"),
    ("P1", "P7"),
    ("P12 3", "P123"),
    ("Subject 1.5", "Subject 15"),
    ("Subject 101-2", "Subject 101"),
    ("P01 V1", "P01 V2"),
    ("ID-1034 (2)", "ID-1034"),
    ("P12, P13", "P12"),
    ("P13/P12", "P12"),
    ("Participant 12A", "Participant 12B"),
    ("Patient I", "Patient II"),
    ("Patient C", "Patient G"),
    ("John Smith II", "John Smith III"),
    ("Michael Braun", "Michael Brown"),
    ("Smith", "John Smith"),
]


@pytest.mark.parametrize(("text", "pattern"), _SAME)
def test_confused_letters_and_usual_rewritings_are_the_same_name(text: str, pattern: str) -> None:
    assert fits(text, pattern)


@pytest.mark.parametrize(("text", "pattern"), _OTHERS)
def test_another_number_letter_or_person_is_another_name(text: str, pattern: str) -> None:
    assert not fits(text, pattern)


def test_what_resembles_a_name_is_a_reason_for_doubt_only() -> None:
    assert may_fit("Interviewcr", "Interviewer") and not fits("Interviewcr", "Interviewer")
    assert may_fit("Tom Weber (Interviewer)", "Interviewer")
    assert not may_fit("Li Wei", "Maria Silva")


def test_a_difference_is_said_in_words() -> None:
    assert difference("Participant 21", "Anna|Participant 12") == "another number"
    assert difference("Marie Silva", "Maria Silva") == "similar, but other letters or words"
    assert difference("Li Wei", "Maria Silva") == "another name"


def test_the_alternative_that_was_read_is_the_one_that_is_meant() -> None:
    assert meant("ID 1034", "P01|ID-1034") == "ID-1034"
    assert meant("O01", "001|O01") == "O01"


def test_names_of_other_alphabets_cannot_be_read() -> None:
    assert unreadable("\u041c\u0430\u0440\u0438\u044f|Jos\u00e9|P01") == ("\u041c\u0430\u0440\u0438\u044f",)


@pytest.mark.parametrize(
    "text",
    ["Anna Kowalska", "P01", "ID-1034", "P-017 (she/her)", "S_12", "Participant 21", "Dr. Jane Miller, MD, PhD",
     "Maria Fernanda de Oliveira Santos Pereira (she/her)"],
)  # fmt: skip
def test_codes_and_long_names_are_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    ["Personalized recommendations for what to eat & where", "10:24:31", "10:31 AM", "2024-01-05 10:31", "?", "100%",
     "12", "REC", "www.clinic.org", "Success is at hand when you work hard"],
)  # fmt: skip
def test_sentences_clocks_and_addresses_are_no_names(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize("text", ["4 Ivan's iPad", "lvan'siPad", "4 Ivan", "Ivan's iPad", "Ivans iPad", "Ivan' iPad"])
def test_icons_and_lost_spaces_around_a_single_name_are_no_other_name(text: str) -> None:
    assert fits(text, "Ivan")


@pytest.mark.parametrize("text", ["Ivanka's iPad", "4 Ivana", "Ivan 4's mother", "Stefan'siPad"])
def test_another_single_name_is_none(text: str) -> None:
    assert not fits(text, "Ivan")
