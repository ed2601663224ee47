using VitGrid.Server;
using VitGrid.Server.Verbs;

using StopSignals stop = new();
return await CommandLine.RunAsync(args, VerbContext.OfThisProcess(), stop.Token);
