using VitGrid.Runtime.Images.Isolation;
using VitGrid.Server;
using VitGrid.Server.Verbs;

if (args is [DecoderChild.Verb, .. var rest])
    return DecoderChild.Run(rest);
using StopSignals stop = new();
return await CommandLine.RunAsync(args, VerbContext.OfThisProcess(), stop.Token);
