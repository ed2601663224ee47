namespace VitGrid.Server.Verbs.Models;

/// <summary>Where a model was found.</summary>
internal enum ModelOrigin
{
    Folder,
    Bundled,
    Imported,
    HubCache,
}

/// <summary>A model by name, with the folder of its checkpoint.</summary>
internal sealed record LocatedModel(string Name, string Directory, ModelOrigin Origin)
{
    public string OriginName => Origin switch
    {
        ModelOrigin.Bundled => "bundled",
        ModelOrigin.Imported => "imported",
        ModelOrigin.HubCache => "hub cache",
        _ => "folder",
    };
}
