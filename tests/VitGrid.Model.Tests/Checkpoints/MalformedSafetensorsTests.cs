using System.Buffers.Binary;
using System.Text;
using VitGrid.Model.Tensors;
using VitGrid.Model.Tensors.Safetensors;
using VitGrid.Tests.Golden;

namespace VitGrid.Model.Tests.Checkpoints;

public sealed class MalformedSafetensorsTests
{
    public static TheoryData<string, string[]> Golden => new()
    {
        { "duplicate-key", ["tensor \"a\"", "twice"] },
        { "empty", ["0 bytes", "at least"] },
        { "header-length-2e63", ["9223372036854775", "limit is 100000000"] },
        { "header-length-zero", ["header of 0 bytes"] },
        { "header-past-end", ["header of 10000 bytes", "2 to 81"] },
        { "json-array", ["the header is an array", "expected an object"] },
        { "negative-shape", ["shape of tensor \"a\"", "\"-2\"", "from 0 to"] },
        { "not-json", ["header is not valid JSON"] },
        { "not-utf8", ["byte 2 ", "not UTF-8"] },
        { "offset-past-end", ["tensor \"a\"", "160", "16 bytes of data"] },
        { "overflow-shape", ["tensor \"a\"", "[4294967296, 4294967296]", "more than"] },
        { "reversed-offsets", ["tensor \"a\"", "[16, 0]", "must not lie after"] },
        { "seven-bytes", ["7 bytes"] },
        { "size-mismatch", ["tensor \"a\"", "[3, 2] of F32", "24 bytes", "[0, 16]"] },
        { "truncated-data", ["tensor \"a\"", "ends at data offset 16", "7 bytes of data"] },
    };

    public static TheoryData<string, string> Handmade => new()
    {
        { """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", "overlaps" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}""", "gap" },
        { """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "2 bytes follow" },
        { """{"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6,6]}}""", "3 data_offsets" },
        { """{"a":{"dtype":"U8","shape":[6]}}""", "lacks one of" },
        { """{"a":{"dtype":"U8","dtype":"U8","shape":[6],"data_offsets":[0,6]}}""", "dtype twice" },
        { """{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,6]}}""", "\"1.5\"" },
        { """{"a":{"dtype":"U8","shape":[[6]],"data_offsets":[0,6]}}""", "an array" },
        { """{"a":7}""", "expected an object" },
        { """{"__metadata__":{"x":1}}""", "expected a string" },
        { """{"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]}} {}""", "not valid JSON" },
        { "{\"\\ud800\":{}}", "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Every_golden_malformed_file_is_refused_with_what_was_found(string name, string[] expected)
    {
        string path = GoldenFiles.PathOf("malformed-checkpoints", name + ".safetensors");
        string message = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message;
        Assert.All(expected.Prepend(path), part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void No_golden_malformed_file_is_left_out()
    {
        int files = Directory.GetFiles(GoldenFiles.PathOf("malformed-checkpoints"), "*.safetensors").Length;
        Assert.Equal(files, Golden.Count + 1);
    }

    [Fact]
    public void A_tensor_of_unknown_type_is_listed_with_what_the_file_calls_it_and_refused_only_when_it_is_read()
    {
        using SafetensorsFile file = SafetensorsFile.Open(GoldenFiles.PathOf("malformed-checkpoints", "unknown-dtype.safetensors"));
        Assert.Equal((TensorType.Unknown, "Q4"), (file.Tensors["a"].Type, file.Tensors["a"].TypeCode));
        Refused.With(() => file.ReadFloats("a"), "\"a\" is Q4", "only F32, F16 and BF16");
    }

    [Theory]
    [MemberData(nameof(Handmade))]
    public void A_header_that_does_not_fit_six_bytes_of_data_is_refused(string header, string expected)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.safetensors", FileOf(Encoding.UTF8.GetBytes(header), dataBytes: 6));
        Refused.With(() => SafetensorsFile.Open(path), expected);
    }

    [Fact]
    public void A_hostile_name_is_shown_bounded_and_without_control_characters()
    {
        using var folder = new TemporaryFolder();
        string name = "\\u001b[31m" + new string('x', 100_000);
        string path = folder.Write("a.safetensors", FileOf(Encoding.UTF8.GetBytes($"{{\"{name}\":1}}"), dataBytes: 0));
        string message = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message;
        Assert.InRange(message.Length, path.Length, path.Length + 400);
        Assert.DoesNotContain('\u001b', message);
    }

    [Fact]
    public void A_missing_file_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        Refused.With(() => SafetensorsFile.Open(folder.At("absent.safetensors")), "absent.safetensors");
    }

    internal static byte[] FileOf(ReadOnlySpan<byte> header, int dataBytes)
    {
        byte[] bytes = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.CopyTo(bytes.AsSpan(8));
        return bytes;
    }
}
