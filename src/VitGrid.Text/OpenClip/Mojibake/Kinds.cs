namespace VitGrid.Text.OpenClip.Mojibake;

/// <summary>What a character is to texts that were decoded wrongly; a character is of several kinds, or of none.</summary>
[Flags]
internal enum Kinds
{
    /// <summary>It tells nothing.</summary>
    None = 0,

    /// <summary>Found in good texts too: dashes, the apostrophe.</summary>
    Common = 1,

    /// <summary>The second block of control characters.</summary>
    Control = 1 << 1,

    /// <summary>Hardly found elsewhere.</summary>
    Bad = 1 << 2,

    /// <summary>The signs of paragraphs and sections.</summary>
    Law = 1 << 3,

    /// <summary>Currency signs.</summary>
    Currency = 1 << 4,

    /// <summary>Punctuation that begins something.</summary>
    Start = 1 << 5,

    /// <summary>Punctuation that ends something.</summary>
    End = 1 << 6,

    /// <summary>Signs of arithmetic, fractions, raised digits.</summary>
    Numeric = 1 << 7,

    /// <summary>Letters that faces are drawn with.</summary>
    Face = 1 << 8,

    /// <summary>Capital letters with accents.</summary>
    UpperAccented = 1 << 9,

    /// <summary>Small letters with accents.</summary>
    LowerAccented = 1 << 10,

    /// <summary>Capital letters of Greek and Cyrillic.</summary>
    Upper = 1 << 11,

    /// <summary>Small letters of Greek and Cyrillic.</summary>
    Lower = 1 << 12,

    /// <summary>What boxes are drawn with.</summary>
    Box = 1 << 13,

    /// <summary>All kinds above: one of them has to be there before a text is called bad.</summary>
    Telling = (1 << 14) - 1,

    /// <summary>What a byte is decoded to that begins two bytes of UTF-8.</summary>
    FirstOfTwo = 1 << 14,

    /// <summary>What a byte is decoded to that begins three bytes of UTF-8.</summary>
    FirstOfThree = 1 << 15,

    /// <summary>What a byte is decoded to that begins four bytes of UTF-8.</summary>
    FirstOfFour = 1 << 16,

    /// <summary>What a byte within a character of UTF-8 is decoded to; a blank may stand for byte A0.</summary>
    Continuation = 1 << 17,

    /// <summary>The same without blanks, dashes and quotes.</summary>
    StrictContinuation = 1 << 18,
}
