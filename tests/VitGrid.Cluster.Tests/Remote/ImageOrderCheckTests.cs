using System.Runtime.InteropServices;
using VitGrid.Cluster.Remote;
using VitGrid.Engine.Models;
using VitGrid.Engine.Replica;
using VitGrid.Engine.Requests;
using VitGrid.Model.Segments;

namespace VitGrid.Cluster.Tests.Remote;

/// <summary>A text that another process sent shares a batch with others: what a table would be read beyond for fails alone.</summary>
public sealed class ImageOrderCheckTests
{
    private static readonly ModelInfo Tower = Create();

    [Theory]
    [InlineData(0, 9, 5, null)]
    [InlineData(0, 10, 5, "token 10")]
    [InlineData(0, -1, 5, "token -1")]
    [InlineData(3, 3, 4, "16 bytes")]
    [InlineData(3, 3, 6, "24 bytes")]
    public void Ids_are_those_of_the_table_and_as_many_as_there_are_positions(int first, int last, int count, string? fault)
    {
        int[] ids = new int[count];
        (ids[0], ids[^1]) = (first, last);
        using Pixels input = Pixels.Rent(count * sizeof(int), Nothing.Instance);
        MemoryMarshal.AsBytes<int>(ids).CopyTo(input.Memory.Span);
        string? found = ImageOrderCheck.Fault(new(input, 4, Lane.Interactive, 20, TimeSpan.FromSeconds(1)), Tower);
        if (fault is null)
            Assert.Null(found);
        else
            Assert.Contains(fault, found, StringComparison.Ordinal);
    }

    private static ModelInfo Create()
    {
        ModelFacts facts = TinyFacts.Create();
        TextFacts text = new() { ContextLength = 5, VocabularySize = 10 };
        return ModelInfo.From("two#text", facts with { Text = text }, ModelState.Ready) with { InputSize = InputSize.OfText(5) };
    }
}
