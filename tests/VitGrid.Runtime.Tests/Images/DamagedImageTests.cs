using FsCheck.Xunit;
using VitGrid.Runtime.Images;

namespace VitGrid.Runtime.Tests.Images;

public sealed class DamagedImageTests
{
    // Cuts near both ends of each file; the middle is for the property below.
    [Theory, MemberData(nameof(GoldenImages.Names), MemberType = typeof(GoldenImages))]
    public void An_image_cut_near_either_end_is_refused_or_whole(string name)
    {
        byte[] file = GoldenImages.File(name);
        byte[] whole = GoldenImages.Process(file, GoldenImages.Crop);
        IEnumerable<int> cuts = [.. Enumerable.Range(0, Math.Min(40, file.Length)), .. Enumerable.Range(file.Length - 12, 12)];
        foreach (int cut in cuts)
            AssertRefusedOrWhole(name, file, cut, whole);
    }

    [Property(MaxTest = 200)]
    public void An_image_cut_anywhere_is_refused_or_whole(uint image, uint at)
    {
        string name = Small[(int)(image % Small.Count)];
        byte[] file = GoldenImages.File(name);
        AssertRefusedOrWhole(name, file, (int)(at * 2654435761 % (uint)file.Length), GoldenImages.Process(file, GoldenImages.Crop));
    }

    [Property(MaxTest = 200)]
    public void Changed_bytes_give_an_image_or_a_refusal_and_nothing_else(uint image, (uint At, byte Value)[] changes)
    {
        byte[] file = GoldenImages.File(Small[(int)(image % Small.Count)]);
        foreach ((uint at, byte value) in changes)
            file[at * 2654435761 % (uint)file.Length] = value;
        _ = Record(file);
    }

    private static IReadOnlyList<string> Small { get; } =
        [.. GoldenImages.Expected.Keys.Where(name => GoldenImages.File(name).Length < 100_000).Order(StringComparer.Ordinal)];

    private static void AssertRefusedOrWhole(string name, byte[] file, int cut, byte[] whole)
    {
        byte[]? pixels = Record(file[..cut]);
        Assert.True(pixels is null || pixels.AsSpan().SequenceEqual(
            whole), $"{name} cut to {cut} of {file.Length} bytes gives another image");
    }

    private static byte[]? Record(byte[] file)
    {
        try
        {
            return GoldenImages.Process(file, GoldenImages.Crop);
        }
        catch (ImageException)
        {
            return null;
        }
    }
}
