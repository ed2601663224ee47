using VitGrid.Engine.Models;
using VitGrid.Engine.Options;
using VitGrid.Engine.Requests;
using VitGrid.Indexing.Reading;
using VitGrid.Model.Encoders;
using VitGrid.Runtime.Images;

namespace VitGrid.Server.Verbs.Search;

/// <summary>Whether queries of a model can be compared with the vectors of an index, and how they have to be embedded for it.</summary>
internal static class IndexAgreement
{
    /// <summary>A request like those that made the index; without an index, one for the model's published embedding.</summary>
    /// <exception cref="VerbException">The index was made with another model, or in a way that it has not.</exception>
    public static EmbeddingRequest Template(VectorIndex? index, ModelInfo model, GridOptions grid)
    {
        EmbeddingRequest plain = new() { Model = model.Name, Image = default };
        if (index is null)
            return plain;
        IndexFacts facts = index.Facts;
        if (facts.Revision is { } revision && revision != model.Fingerprint)
        {
            throw new VerbException($"{index.Path} was made with weights {revision} of model '{facts.Model}', and '{model.Name}' has "
                + $"{model.Fingerprint}; vectors of different weights cannot be compared: name the index's model with --model");
        }
        EmbeddingRequest same = plain with { Layer = facts.Layer ?? -1, Pooling = PoolingOf(facts, model, index.Path) };
        same = facts.Preprocess is { } key ? WithProfile(same, key, model, grid, index.Path) : same;
        int dimensions = model.DimensionsOf(same.Pooling ?? model.Architecture.Poolings.Default);
        return facts.Dimensions is not { } stored || stored == dimensions ? same : throw new VerbException(
            $"vectors of {index.Path} have {stored} numbers, those of model '{model.Name}' {dimensions}; name the index's model with "
                + "--model");
    }

    private static Pooling? PoolingOf(IndexFacts facts, ModelInfo model, string path)
    {
        if (facts.Pooling is null)
            return null;
        foreach (Pooling pooling in model.Architecture.Poolings.All())
        {
            if (pooling.Name() == facts.Pooling)
                return pooling;
        }
        throw new VerbException($"{path} holds vectors of the pooling '{facts.Pooling}', which model '{model.Name}' has not");
    }

    /// <summary>The key begins with the profile's name, and says whether images were turned upright.</summary>
    private static EmbeddingRequest WithProfile(EmbeddingRequest request, string key, ModelInfo model, GridOptions grid, string path)
    {
        EmbeddingRequest same = request with
        {
            Preprocess = key[..Math.Max(0, key.IndexOf('-', StringComparison.Ordinal))],
            Exif = key.Contains("-exif", StringComparison.Ordinal) ? ExifOrientation.Apply : ExifOrientation.Ignore,
        };
        string made;
        try
        {
            made = grid.Profile(model, same.Preprocess, same.Exif).Key;
        }
        catch (ArgumentException exception)
        {
            made = exception.Message;
        }
        return made == key ? same : throw new VerbException(
            $"images of {path} were prepared by the profile {key}, and model '{model.Name}' makes it {made} here; search with the "
                + "configuration that it was made with");
    }
}
