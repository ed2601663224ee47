namespace VitGrid.Client.Tests;

/// <summary>Bodies as a server of version 0.1 writes them.</summary>
internal static class Answers
{
    public const string Embeddings = """
        {"object":"list","data":[
        {"object":"embedding","index":0,"embedding":"AACAPwAAAMA="},
        {"object":"embedding","index":1,"embedding":"AAAAPwAAAAA="}],
        "model":"internvit-nano","usage":{"prompt_tokens":130,"total_tokens":130,"images":2},"id":"emb-1","created":1700000000}
        """;

    public const string Partial = """
        {"object":"list","data":[
        {"object":"embedding","index":0,"embedding":[1,-2,0.1,1e-7]},
        {"object":"error","index":1,"error":{"message":"text is not an image","type":"invalid_request_error","param":"input[1]",
        "code":"unsupported_modality"}}],
        "model":"m","usage":{"prompt_tokens":65,"total_tokens":65,"images":1},"id":"emb-2","created":1700000001,"added_later":{"a":1}}
        """;

    public const string Models = """
        {"object":"list","data":[
        {"id":"internvit-nano","object":"model","created":1700000000,"owned_by":"vitgrid","description":"small","revision":"00ff",
        "state":"ready","dimensions":192,"layers":4,"input_size":[112,112],"tokens":65,"poolings":["cls","mean","cls+mean"],
        "preprocess":"crop","precision":"fp32","cache_format":"fp16","segments":[{"blocks":"0..3","device":"cpu:0"}]},
        {"id":"big","created":1,"state":"failed","failure":"weights are cut off","dimensions":1,"layers":1,"input_size":[1,1],"tokens":2,
        "poolings":[],"preprocess":"crop","precision":"bf16","segments":[]}]}
        """;

    public const string TooLarge =
        """{"error":{"message":"the file is too large","type":"invalid_request_error","param":"input[3]","code":"image_too_large"}}""";

    public const string Overloaded =
        """{"error":{"message":"the queue is full","type":"rate_limit_error","param":null,"code":"overloaded"}}""";
}
