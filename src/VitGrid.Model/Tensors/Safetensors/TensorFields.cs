using System.Collections.Immutable;

namespace VitGrid.Model.Tensors.Safetensors;

/// <summary>One tensor's three fields as a header states them, and the checks that make an entry of them.</summary>
internal sealed class TensorFields
{
    private readonly string _file;
    private readonly string _name;
    private string? _type;
    private ImmutableArray<long> _shape;
    private ImmutableArray<long> _offsets;

    public TensorFields(ref JsonCursor cursor, string file, string name)
    {
        (_file, _name) = (file, name);
        cursor.EnterObject($"tensor {Shown.Text(name)}");
        while (cursor.NextName(out string field))
            ReadField(ref cursor, field);
    }

    /// <summary>
    /// The entry, once its fields agree. A type that is not known gives no size to hold the offsets against: they alone say where its bytes
    /// lie, which is all that is needed to pass over them.
    /// </summary>
    /// <exception cref="CheckpointException">A field is missing, or type, shape, offsets and file length do not agree.</exception>
    public TensorEntry ToEntry(long dataStart, long fileLength)
    {
        (long begin, long end) = Range(fileLength - dataStart);
        TensorType type = TensorTypes.Parse(_type!);
        if (type != TensorType.Unknown && Bytes(type) != end - begin)
        {
            throw Refuse(
                $"has shape {Shown.Shape(_shape)} of {type.Code()}, {Bytes(type)} bytes, " +
                $"but data_offsets [{begin}, {end}] span {end - begin}",
                "the two must agree: write the file anew");
        }
        return new TensorEntry(_name, type, _shape, _file, dataStart + begin, end - begin) { TypeCode = _type! };
    }

    private (long Begin, long End) Range(long dataBytes)
    {
        if (_type is null || _shape.IsDefault || _offsets.IsDefault)
            throw Refuse("lacks one of dtype, shape and data_offsets", "write the file anew");
        if (_offsets.Length != 2)
            throw Refuse($"has {_offsets.Length} data_offsets", "expected two: begin and end");
        (long begin, long end) = (_offsets[0], _offsets[1]);
        if (begin > end)
            throw Refuse($"has data_offsets [{begin}, {end}]", "the begin must not lie after the end: write the file anew");
        return end <= dataBytes
            ? (begin, end)
            : throw Refuse($"ends at data offset {end}", $"the file holds {dataBytes} bytes of data: fetch it again");
    }

    private void ReadField(ref JsonCursor cursor, string field)
    {
        string what = $"{field} of tensor {Shown.Text(_name)}";
        switch (field)
        {
            case "dtype" when _type is null:
                _type = cursor.Text(what);
                break;
            case "shape" when _shape.IsDefault:
                _shape = ReadNumbers(ref cursor, what);
                break;
            case "data_offsets" when _offsets.IsDefault:
                _offsets = ReadNumbers(ref cursor, what);
                break;
            case "dtype" or "shape" or "data_offsets":
                throw Refuse($"states {field} twice", "write the file anew");
            default:
                cursor.Skip();
                break;
        }
    }

    private static ImmutableArray<long> ReadNumbers(ref JsonCursor cursor, string what)
    {
        var numbers = ImmutableArray.CreateBuilder<long>();
        cursor.EnterArray(what);
        while (cursor.NextNumber(what, out long number))
            numbers.Add(number);
        return numbers.ToImmutable();
    }

    private long Bytes(TensorType type)
    {
        try
        {
            return _shape.Aggregate((long)type.ElementSize(), (product, dimension) => checked(product * dimension));
        }
        catch (OverflowException exception)
        {
            throw new CheckpointException(
                $"{_file}: tensor {Shown.Text(_name)} has shape {Shown.Shape(_shape)} of {type.Code()}, " +
                $"more than {long.MaxValue} bytes; the file is damaged: fetch it again", exception);
        }
    }

    private CheckpointException Refuse(string fault, string remedy) => new($"{_file}: tensor {Shown.Text(_name)} {fault}; {remedy}");
}
