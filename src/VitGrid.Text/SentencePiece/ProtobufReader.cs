using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace VitGrid.Text.SentencePiece;

/// <summary>Reads the fields of one protobuf message, in place.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string file)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _message = message;
    private readonly string _file = file;
    private int _at;
    private ulong _number;
    private int _wire;
    private ReadOnlySpan<byte> _bytes;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>A varint's value.</summary>
    public readonly ulong Number => _wire == 0 ? _number : throw Damaged("a number");

    /// <summary>A message's, string's or blob's bytes.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _wire == 2 ? _bytes : throw Damaged("bytes");

    /// <summary>A 32-bit float.</summary>
    public readonly float Single => _wire == 5 ? BinaryPrimitives.ReadSingleLittleEndian(_bytes) : throw Damaged("a float");

    /// <summary>A string.</summary>
    public readonly string Text
    {
        get
        {
            try
            {
                return Strict.GetString(Bytes);
            }
            catch (DecoderFallbackException exception)
            {
                throw new TokenizerException($"{_file} is damaged: a string in it is no UTF-8; fetch it anew", exception);
            }
        }
    }

    /// <summary>Reads the next field.</summary>
    public bool MoveNext()
    {
        if (_at == _message.Length)
            return false;
        ulong tag = Varint();
        (Field, _wire) = ((int)Math.Min(tag >> 3, int.MaxValue), (int)(tag & 7));
        switch (_wire)
        {
            case 0:
                _number = Varint();
                break;
            case 1:
                _bytes = Take(8);
                break;
            case 2:
                _bytes = Take(Varint());
                break;
            case 5:
                _bytes = Take(4);
                break;
            default:
                throw Damaged("a known kind of field");
        }
        return true;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && _at < _message.Length; shift += 7)
        {
            byte next = _message[_at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Damaged("a whole number");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_message.Length - _at))
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"{length} bytes more"));
        ReadOnlySpan<byte> taken = _message.Slice(_at, (int)length);
        _at += (int)length;
        return taken;
    }

    private readonly TokenizerException Damaged(string wanted) => new(string.Create(CultureInfo.InvariantCulture,
        $"{_file} is damaged or no SentencePiece model: field {Field} before byte {_at} of {_message.Length} should have been {wanted}; "
        + $"fetch it anew"));
}
