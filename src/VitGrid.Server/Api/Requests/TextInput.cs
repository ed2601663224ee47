using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using VitGrid.Engine.Errors;
using VitGrid.Engine.Requests;
using VitGrid.Engine.Texts;

namespace VitGrid.Server.Api.Requests;

/// <summary>A text of a request: its words, or ids that the client made of them.</summary>
/// <param name="Words">The words; null where ids were sent.</param>
/// <param name="Ids">The ids; null where words were sent.</param>
internal sealed record TextInput(string? Words, int[]? Ids = null)
{
    /// <summary>UTF-8 has at most three bytes for a character: more bytes are more characters than any tokenizer reads.</summary>
    private const int MaxBytes = 3 * TextTokenizers.MaxCharacters;

    /// <summary>Its tokens, once the model's tokenizer has read it.</summary>
    public TokenIds? Tokens { get; init; }

    /// <summary>An input of these words; refused where they are no text, or longer than any tokenizer reads.</summary>
    public static ImageInput From(string param, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
        {
            return ImageInput.Refused(param, ApiCode.InvalidRequest,
                $"{param} is a text of {utf8.Length:N0} bytes, the limit is {TextTokenizers.MaxCharacters:N0} characters; send "
                    + "its beginning, or parts of it");
        }
        return Utf8.IsValid(utf8) ? From(param, new TextInput(Encoding.UTF8.GetString(utf8))) : NoText(param);
    }

    /// <summary>An input of a JSON string; refused as one of its words is.</summary>
    public static ImageInput FromJson(string param, JsonElement text)
    {
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(text);
        if (raw.IndexOf((byte)'\\') < 0)
            return From(param, raw[1..^1]);
        byte[] scratch = ArrayPool<byte>.Shared.Rent(raw.Length);
        try
        {
            return From(param, scratch.AsSpan(0, JsonText.Unescape(raw, scratch)));
        }
        catch (InvalidOperationException)
        {
            return NoText(param);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>An input of a text.</summary>
    public static ImageInput From(string param, TextInput text) => new(param, default, null, null) { Words = text };

    /// <summary>The refusal of a string that is no text.</summary>
    public static ImageInput NoText(string param) => ImageInput.Refused(param, ApiCode.InvalidRequest,
        $"{param} holds half of a surrogate pair, or bytes that are not UTF-8; send whole characters");
}
