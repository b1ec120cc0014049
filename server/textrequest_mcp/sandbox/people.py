"""The pretend business's customers: invented names, and phone numbers set aside for fiction."""

_FIRST = (
    "Aaliyah Ben Chloé Darnell Elena Farid Grace Hank Imani José Katarzyna Liam Mei Noah Olivia Priya Quentin Rosa "
    "Siobhán Tomás Uma Víctor Wendy Xavier Yolanda Zoë André Bettina Carlos Dee Søren Ethan Fatima Gus Hannah Ivy"
)
_LAST = (
    "Nguyen Carter Müller O'Brien Washington Patel Núñez Kowalski D'Angelo Brooks Okafor Larsen Hernández Kim Reed "
    "Thompson Haddad Sinclair Boudreaux Ito McKenna Rossi Fischer Bailey Sato Whitfield Vance Moreau Quill"
)
FIRST_NAMES = tuple(_FIRST.split())
LAST_NAMES = tuple(_LAST.split())
# A business's address book is never tidy: emoji and nicknames end up in the display name.
NICKNAMES = {5: "🚗 {} (red Civic)", 23: "{} 🌻", 31: "Coach {}", 44: "{} — fleet 🚚"}
NOTES = (
    "Prefers texts in the morning.",
    "Drops the keys in the night box.",
    "Ask for the loyalty discount.",
    "Speaks Spanish at home, happy with either.",
    "Always asks for the old parts back.",
)
VEHICLES = ("2016 Honda Civic", "2019 Ford F-150", "2014 Subaru Outback", "2021 Toyota RAV4", "2012 VW Jetta")

_CODES = (
    "423 615 404 312 212 303 602 206 704 512 201 202 203 205 207 208 209 210 213 214 215 216 217 218 219 224 225 228 "
    "229 231 234 239 240 248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 304 305 307 308 309 310 313 314 "
    "315 316 317 318 319 320 321 323 325 330 331 334 336 337 339 347 351 352 360 361 386 401 402 405 406 407 408 409 "
    "410 412 413 414 415 417 419 424 425 430 432 434 435 440 443 469 470 475 478 479 480 484 501 502 503 504 505 507 "
    "508 509 510 513 515 516 517 518 520 530 540 541 551 559 561 562 563 567 570 571 573 574 575 580 585 586 601 603 "
    "605 606 607 608 609 610 612 614 616 617 618 619 620 623 626 630 631 636 641 646 650 651 660 661 662 678 682 701 "
    "702 703 706 707 708 712 713 714 715 716 717 718 719 720 724 727 731 732 734 740 754 757 760 763 765 770 772 773 "
    "774 775 781 785 786 801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 828 830 831 832 843 845 847 848 "
    "850 856 857 858 859 860"
)
AREA_CODES = tuple(_CODES.split())
_TOGETHER = 10
_TAILS = 60


def number(index: int) -> str:
    """555-0100 to 555-0159 in ten area codes, then in the next ten; higher ones are kept for lines."""
    block, place = divmod(index, _TOGETHER * _TAILS)
    return f"1{AREA_CODES[block * _TOGETHER + place % _TOGETHER]}55501{place // _TOGETHER:02d}"


def name(index: int) -> tuple[str, str]:
    """Every pair once before any comes again: the two lists have no common divisor."""
    return FIRST_NAMES[index % len(FIRST_NAMES)], LAST_NAMES[index * 5 % len(LAST_NAMES)]
