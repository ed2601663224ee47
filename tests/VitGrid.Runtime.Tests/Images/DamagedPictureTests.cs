using FsCheck.Xunit;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

public sealed class DamagedPictureTests
{
    // Cuts near both ends of each file; the middle is for the property below.
    [Theory, MemberData(nameof(GoldenPictures.Names), MemberType = typeof(GoldenPictures))]
    public void A_picture_cut_near_either_end_is_refused_or_whole(string name)
    {
        byte[] file = GoldenPictures.File(name);
        byte[] whole = GoldenPictures.Process(file, GoldenPictures.Crop);
        IEnumerable<int> cuts = [.. Enumerable.Range(0, Math.Min(40, file.Length)), .. Enumerable.Range(file.Length - 12, 12)];
        foreach (int cut in cuts)
            AssertRefusedOrWhole(name, file, cut, whole);
    }

    [Property(MaxTest = 200)]
    public void A_picture_cut_anywhere_is_refused_or_whole(uint picture, uint at)
    {
        string name = Small[(int)(picture % Small.Count)];
        byte[] file = GoldenPictures.File(name);
        AssertRefusedOrWhole(name, file, (int)(at * 2654435761 % (uint)file.Length), GoldenPictures.Process(file, GoldenPictures.Crop));
    }

    [Property(MaxTest = 200)]
    public void Changed_bytes_give_a_picture_or_a_refusal_and_nothing_else(uint picture, (uint At, byte Value)[] changes)
    {
        byte[] file = GoldenPictures.File(Small[(int)(picture % Small.Count)]);
        foreach ((uint at, byte value) in changes)
            file[at * 2654435761 % (uint)file.Length] = value;
        _ = Record(file);
    }

    private static IReadOnlyList<string> Small { get; } =
        [.. GoldenPictures.Expected.Keys.Where(name => GoldenPictures.File(name).Length < 100_000).Order(StringComparer.Ordinal)];

    private static void AssertRefusedOrWhole(string name, byte[] file, int cut, byte[] whole)
    {
        byte[]? pixels = Record(file[..cut]);
        Assert.True(pixels is null || pixels.AsSpan().SequenceEqual(whole), $"{name} cut to {cut} of {file.Length} bytes gives another picture");
    }

    private static byte[]? Record(byte[] file)
    {
        try
        {
            return GoldenPictures.Process(file, GoldenPictures.Crop);
        }
        catch (ImageException)
        {
            return null;
        }
    }
}
