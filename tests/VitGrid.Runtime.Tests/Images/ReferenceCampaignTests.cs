using VitGrid.Runtime.Images;
using VitGrid.Runtime.Images.Decoding;
using VitGrid.Tests.Golden;

namespace VitGrid.Runtime.Tests.Images;

/// <summary>
/// A seeded part of the campaigns whose figures stand in docs/images.md. Each line of <c>Golden/image-campaign</c> names a file, bytes to
/// change in it (<c>position:xor</c>) or a length to cut it to, and what Pillow 12.3 made of it: size and hash of the pixels, or the
/// refusal.
/// </summary>
public sealed class ReferenceCampaignTests
{
    private const string Folder = "image-campaign";

    [Theory]
    [InlineData("jpeg", 865), InlineData("gif", 600), InlineData("bmp", 719), InlineData("png", 772), InlineData("tiff", 691)]
    public void Made_and_damaged_files_end_as_the_reference_ends_them(string kind, int cases)
    {
        string[] lines = File.ReadAllLines(GoldenFiles.PathOf(Folder, kind + ".tsv"));
        string[] others = [.. lines.Where(line => Outcome(kind, line.Split('\t')) != line.Split('\t')[2])];
        Assert.Equal(cases, lines.Length);
        Assert.True(others.Length == 0, $"{others.Length} of {cases} end otherwise: {string.Join("; ", others.Take(8))}");
    }

    private static string Outcome(string kind, string[] fields)
    {
        byte[] file = Change(File.ReadAllBytes(GoldenFiles.PathOf(Folder, kind, fields[0])), fields[1]);
        try
        {
            using Raster raster = ImageDecoder.Decode(file, GoldenImages.Squash, new ImageLimits());
            return $"{raster.Width}x{raster.Height} {GoldenImages.Sha256(raster.Pixels)[..24]}";
        }
        catch (ImageException exception)
        {
            return exception.Fault.ToString();
        }
    }

    private static byte[] Change(byte[] file, string changes)
    {
        foreach (string change in changes.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = change.Split(':');
            int number = int.Parse(parts[1]);
            if (parts[0] == "cut")
                file = file[..number];
            else
                file[int.Parse(parts[0])] ^= (byte)number;
        }
        return file;
    }
}
