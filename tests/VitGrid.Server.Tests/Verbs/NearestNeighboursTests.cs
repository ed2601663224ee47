using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VitGrid.Server.Api.Answers;
using VitGrid.Server.Verbs.Embed;

namespace VitGrid.Server.Tests.Verbs;

public sealed class NearestNeighboursTests
{
    [Property(MaxTest = 50)]
    public Property Neighbours_are_the_largest_cosines_of_all_others_in_order() => Prop.ForAll(Vectors(), vectors =>
    {
        Neighbour[][] found = NearestNeighbours.Find(vectors, 3, default);
        for (int i = 0; i < vectors.Length; i++)
        {
            float[] cosines = [.. Enumerable.Range(0, vectors.Length).Where(j => j != i).Select(
                j => Cosine(vectors[i], vectors[j])).OrderDescending().Take(3)];
            Assert.DoesNotContain(found[i], neighbour => neighbour.Index == i);
            Assert.Equal(found[i].Length, found[i].Select(neighbour => neighbour.Index).Distinct().Count());
            Assert.Equal(cosines.Length, found[i].Length);
            Assert.All(cosines.Zip(found[i]), pair => Assert.Equal(pair.First, pair.Second.Cosine, 1e-5));
        }
    });

    [Property(MaxTest = 50)]
    public Property The_cosine_is_the_same_from_both_sides() => Prop.ForAll(Vectors(), vectors =>
    {
        Neighbour[][] found = NearestNeighbours.Find(vectors, vectors.Length, default);
        for (int i = 0; i < vectors.Length; i++)
            Assert.All(found[i], neighbour => Assert.Equal(
                neighbour.Cosine, found[neighbour.Index].Single(back => back.Index == i).Cosine));
    });

    [Fact]
    public void Equal_cosines_keep_the_order_of_the_list()
    {
        float[][] vectors = [[1, 0], [0, 1], [0, 1], [0, -1]];

        Assert.Equal([1, 2, 3], NearestNeighbours.Find(vectors, 3, default)[0].Select(neighbour => neighbour.Index));
    }

    [Fact]
    public void A_zero_vector_is_near_to_nothing()
    {
        float[][] vectors = [VectorEncoding.Normalize([0, 0]), VectorEncoding.Normalize([3, 4])];

        Assert.Equal(0, Assert.Single(NearestNeighbours.Find(vectors, 1, default)[0]).Cosine);
    }

    private static Arbitrary<float[][]> Vectors() =>
        (from count in Gen.Choose(1, 12)
         from rows in Gen.Choose(-100, 100).ListOf(5).ListOf(count)
         select rows.Select(row => VectorEncoding.Normalize([.. row.Select(value => (float)value)])).ToArray()).ToArbitrary();

    private static float Cosine(float[] left, float[] right) => (float)left.Zip(right).Sum(pair => (double)pair.First * pair.Second);
}
